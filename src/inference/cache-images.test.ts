import { copyFile, readFile, rename, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { type CacheOptions, type CacheProgress, cacheImages } from './cache-images.ts';
import { cacheFiles } from './cache-index.ts';
import { openCacheWriter } from './cache-writer.ts';
import { aboutOf, type ImageCache, openImageCache } from './image-cache.ts';
import { numbered, randomStudent, temporaryFolder, writeImages } from './inference.fixture.ts';
import { openPredictor, type Predictor } from './predictor.ts';

const trained = randomStudent();
let folder: string;
let to: string;

beforeEach(async () => {
  folder = await temporaryFolder();
  to = join(folder, 'images.cache');
});

/** Caches the folder and says what became of its files. */
const run = async (options: Partial<CacheOptions> = {}, student: Predictor | typeof trained = trained) => {
  let last: CacheProgress | undefined;
  const notices: string[] = [];
  const onProgress = (progress: CacheProgress): void => {
    last = progress;
  };
  const cache = await cacheImages(student, folder, {
    to,
    batch: 2,
    threads: 1,
    onProgress,
    onWarning: (notice) => notices.push(notice),
    ...options,
  });
  return { cache, notices, last };
};

/** Every image's numbers, by path. */
const contents = async (cache: ImageCache, rows?: number): Promise<Record<string, number[]>> => {
  const all: Record<string, number[]> = {};
  for await (const { entries, features } of cache.blocks(rows)) {
    for (const [i, { path }] of entries.entries())
      all[path] = [...features.data.subarray(i * cache.about.width, (i + 1) * cache.about.width)];
  }
  return all;
};

const expectClose = (actual: Record<string, number[]>, expected: Record<string, number[]>): void => {
  expect(Object.keys(actual).sort()).toEqual(Object.keys(expected).sort());
  for (const [path, numbers] of Object.entries(expected)) {
    for (const [i, number] of numbers.entries()) expect(Math.abs(actual[path]![i]! - number)).toBeLessThan(1e-5);
  }
};

describe('a folder of images', () => {
  it('is cached with its subfolders, and reads the same in blocks of any size', async () => {
    await writeImages(folder, { ...numbered(5), 'deep/er/ä\u2028.png': 9 });
    await writeFile(join(folder, 'notes.txt'), 'no image');
    const { cache, last } = await run();
    expect(last).toEqual({ done: 6, of: 6, encoded: 6, kept: 0, unreadable: 0, forgotten: 0 });
    expect(cache.entries.map(({ path }) => path).sort()).toEqual([
      '0.png',
      '1.png',
      '2.png',
      '3.png',
      '4.png',
      'deep/er/ä\u2028.png',
    ]);
    const all = await contents(cache);
    expect(await contents(cache, 1)).toEqual(all);
    expect(await contents(await openImageCache(to), 4)).toEqual(all);
    expect(new Set(Object.values(all).map((numbers) => numbers[0])).size).toBe(6);
  });

  it('gives an image the same numbers in whatever batch it was', async () => {
    await writeImages(folder, numbered(7));
    const alone = await contents((await run({ batch: 1 })).cache);
    expectClose(await contents((await run({ batch: 5, to: join(folder, 'other') })).cache), alone);
  });

  it('is not read again: only what is new or has changed goes through the encoder', async () => {
    await writeImages(folder, numbered(4));
    const before = await contents((await run()).cache);
    expect((await run()).last).toMatchObject({ done: 4, encoded: 0, kept: 4 });
    await writeImages(folder, { '1.png': 20, 'new.png': 21 });
    const { cache, last } = await run();
    expect(last).toMatchObject({ done: 5, encoded: 2, kept: 3 });
    const after = await contents(cache);
    expect(after['0.png']).toEqual(before['0.png']);
    expect(after['1.png']).not.toEqual(before['1.png']);
    expect((await run()).last).toMatchObject({ encoded: 0, kept: 5 });
  });

  it('may be touched, copied and renamed: the same bytes are never encoded twice', async () => {
    await writeImages(folder, numbered(3));
    const before = await contents((await run()).cache);
    await utimes(join(folder, '0.png'), 1, 1);
    await copyFile(join(folder, '1.png'), join(folder, 'copy.png'));
    await rename(join(folder, '2.png'), join(folder, 'moved.png'));
    const { cache, last } = await run();
    expect(last).toMatchObject({ done: 4, encoded: 0, kept: 4, forgotten: 1 });
    expect(await contents(cache)).toEqual({
      '0.png': before['0.png'],
      '1.png': before['1.png'],
      'copy.png': before['1.png'],
      'moved.png': before['2.png'],
    });
  });

  it('loses from the cache what was removed from it', async () => {
    await writeImages(folder, numbered(3));
    await run();
    await rm(join(folder, '1.png'));
    const { cache, last } = await run();
    expect(last).toMatchObject({ done: 2, kept: 2, forgotten: 1 });
    expect(cache.entries.map(({ path }) => path)).toEqual(expect.not.arrayContaining(['1.png']));
  });

  it('is cached but for its unreadable files, which are named', async () => {
    await writeImages(folder, numbered(3));
    await run();
    await truncate(join(folder, '1.png'), 60);
    await writeFile(join(folder, 'empty.jpg'), '');
    const { cache, last, notices } = await run();
    expect(last).toMatchObject({ done: 4, kept: 2, unreadable: 2 });
    expect(notices.sort()).toEqual([expect.stringContaining('1.png'), expect.stringContaining('empty.jpg')]);
    expect(cache.entries.map(({ path }) => path).sort()).toEqual(['0.png', '2.png']);
    await expect(run({ unreadable: 'refuse' })).rejects.toThrow(/1\.png: the image is damaged/);
  });

  it('is an error when there is no image in it, or no folder, and nothing cached is forgotten for that', async () => {
    await expect(run()).rejects.toThrow('there is no image in it');
    await writeImages(folder, numbered(1));
    await run();
    await rm(join(folder, '0.png'));
    await expect(run()).rejects.toMatchObject({ name: 'UserError' });
    expect((await openImageCache(to)).entries).toHaveLength(1);
    await expect(cacheImages(trained, join(folder, 'nowhere'), { to })).rejects.toThrow('ENOENT');
    await expect(openImageCache(join(folder, 'nowhere'))).rejects.toThrow('it is no image cache');
  });
});

describe('a cache', () => {
  it('refuses another student, naming both, and takes one that differs only in its head', async () => {
    await writeImages(folder, numbered(2));
    await run();
    await expect(run({}, randomStudent(1))).rejects.toThrow(
      /it was made by student [0-9a-f]{12} \(vqa.*this is student [0-9a-f]{12} \(vqa/,
    );
    const weights = new Map(trained.weights);
    weights.set('vqa_classifier.3.bias', {
      shape: [trained.config.answers.length],
      data: new Float32Array(trained.config.answers.length).fill(1),
    });
    expect((await run({}, { ...trained, weights })).last).toMatchObject({ encoded: 0, kept: 2 });
  });

  it('loses at most a batch when its making is killed', async () => {
    await writeImages(folder, numbered(7));
    await using student = await openPredictor(trained, { threads: 1 });
    let batches = 0;
    const dying: Predictor = {
      ...student,
      imageFeatures: async (feeds) => {
        batches += 1;
        if (batches === 3) throw new Error('killed');
        return student.imageFeatures(feeds);
      },
    };
    await expect(run({}, dying)).rejects.toThrow('killed');
    expect((await openImageCache(to)).entries).toHaveLength(4);
    expect((await run()).last).toMatchObject({ done: 7, encoded: 3, kept: 4 });
  });

  it('has one writer at a time, and takes over from a dead one', async () => {
    await writeImages(folder, numbered(1));
    await using student = await openPredictor(trained, { threads: 1 });
    {
      await using _ = await openCacheWriter(to, aboutOf(student));
      await expect(run()).rejects.toThrow(`process ${process.pid} is writing it`);
    }
    await writeFile(join(to, cacheFiles.lock), '999999999');
    expect((await run()).last).toMatchObject({ encoded: 1 });
  });

  it('survives being cut short anywhere, and is whole again after the next run', async () => {
    await writeImages(folder, numbered(6));
    const { cache } = await run();
    const whole = await contents(cache);
    const [vectors, index] = [join(to, cacheFiles.vectors), join(to, cacheFiles.index)];
    const [vectorBytes, indexBytes] = [await readFile(vectors), await readFile(index)];
    await using student = await openPredictor(trained, { threads: 1 });
    const cut = fc.record({ vectors: fc.nat(vectorBytes.length), index: fc.nat(indexBytes.length) });
    await fc.assert(
      fc.asyncProperty(cut, async (lengths) => {
        await writeFile(vectors, vectorBytes.subarray(0, lengths.vectors));
        await writeFile(index, indexBytes.subarray(0, lengths.index));
        const left = await contents(await openImageCache(to));
        for (const [path, numbers] of Object.entries(left)) expect(numbers).toEqual(whole[path]);
        const { cache: mended, last } = await run({}, student);
        expect(last).toMatchObject({ done: 6, kept: Object.keys(left).length });
        expectClose(await contents(mended), whole);
        expect((await stat(vectors)).size).toBe(vectorBytes.length);
      }),
      { numRuns: 25 },
    );
  });

  it('says which line is damaged where no crash can have done it', async () => {
    await writeImages(folder, numbered(3));
    await run();
    const index = join(to, cacheFiles.index);
    const lines = (await readFile(index, 'utf8')).split('\n');
    await writeFile(index, lines.with(1, '{"path": 7}').join('\n'));
    await expect(openImageCache(to)).rejects.toThrow('index.jsonl:2: the line is damaged');
    await writeFile(join(to, cacheFiles.about), '{"format": 2}');
    await expect(openImageCache(to)).rejects.toThrow('it is not one that this version reads');
  });
});
