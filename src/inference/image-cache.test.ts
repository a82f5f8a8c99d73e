import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import type { UserError } from '../errors.ts';
import { contents, expectClose, folder, makePlace, run, to, trained } from './caching.fixture.ts';
import { aboutOf } from './image-cache.ts';
import { numbered, randomStudent, writeImages } from './inference.fixture.ts';
import { openImageCache } from './open-image-cache.ts';
import { openPredictor } from './open-predictor.ts';
import type { Predictor } from './predictor.ts';
import { cacheFiles } from './store/file-names.ts';
import { openCacheWriter } from './store/writer.ts';

beforeEach(makePlace);

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
      await expect(run({ waitSeconds: 0.3 })).rejects.toThrow(`process ${process.pid} is writing it`);
    }
    const holder = await openCacheWriter(to, aboutOf(student));
    const waiting = run({ waitSeconds: 60 });
    await holder.close();
    expect((await waiting).last).toMatchObject({ done: 1 });
    await rm(to, { recursive: true });
    await (await openCacheWriter(to, aboutOf(student))).close();
    await writeFile(join(to, cacheFiles.lock), '999999999');
    expect((await run()).last).toMatchObject({ encoded: 1 });
  });

  const cutAnywhere = async (withColumns: boolean): Promise<void> => {
    await writeImages(folder, numbered(6));
    const { cache } = await run();
    const whole = await contents(cache);
    const [vectors, index, columns] = ['vectors.f32', cacheFiles.index, cacheFiles.columns].map((name) =>
      join(to, name),
    );
    const files = await Promise.all([vectors!, index!, columns!].map((path) => readFile(path)));
    const [vectorBytes, indexBytes, columnBytes] = files;
    await using student = await openPredictor(trained, { threads: 1 });
    const cut = fc.record({ vectors: fc.nat(vectorBytes!.length), index: fc.nat(indexBytes!.length) });
    await fc.assert(
      fc.asyncProperty(cut, async (lengths) => {
        await writeFile(vectors!, vectorBytes!.subarray(0, lengths.vectors));
        await writeFile(index!, indexBytes!.subarray(0, lengths.index));
        if (withColumns) await writeFile(columns!, columnBytes!);
        else await rm(columns!, { force: true });
        const left = await openImageCache(to).then(contents, (error: unknown) => error as UserError);
        const rows = Math.floor(lengths.vectors / (4 * cache.about.width));
        const lines = indexBytes!.toString('utf8', 0, lengths.index).split('\n').length - 1;
        if (withColumns && lengths.index < indexBytes!.length)
          expect(left).toMatchObject({ message: expect.stringContaining('index.jsonl: it is missing or cut short') });
        else if (rows < lines) expect(left).toMatchObject({ message: expect.stringContaining('vectors.f32: it is') });
        else
          expect(left).toEqual(
            Object.fromEntries(cache.entries.slice(0, lines).map(({ path }) => [path, whole[path]])),
          );
        const { cache: mended, last } = await run({}, student);
        expect(last).toMatchObject({ done: 6, kept: Math.min(rows, lines) });
        expectClose(await contents(mended), whole);
        expect((await stat(vectors!)).size).toBe(vectorBytes!.length);
      }),
      { numRuns: 15 },
    );
  };

  it('cut short anywhere says so when it is asked, and is whole again after the next run', {
    timeout: 60_000,
  }, async () => {
    await cutAnywhere(true);
  });

  it('cut short by a crash in its first run gives what is whole', { timeout: 60_000 }, () => cutAnywhere(false));

  it('is an error where its vectors or its index are gone, and mended by the next run', async () => {
    await writeImages(folder, numbered(3));
    await run();
    await rm(join(to, 'vectors.f32'));
    await expect(openImageCache(to)).rejects.toThrow('vectors.f32: it is missing or empty, so that');
    const { last, notices } = await run();
    expect(last).toMatchObject({ encoded: 3, kept: 0 });
    expect(notices).toEqual([`${to}: a part of it was missing or cut short: its images are encoded again`]);
    for (const gone of [[cacheFiles.index], [cacheFiles.index, cacheFiles.columns]]) {
      for (const name of gone) await rm(join(to, name));
      await expect(openImageCache(to)).rejects.toThrow('index.jsonl: it is missing');
      expect((await run()).last).toMatchObject({ encoded: 3, kept: 0 });
    }
  });

  it('gives the room of removed images back, and is read rightly by who opened it before', async () => {
    await writeImages(folder, numbered(2));
    const old = (await run()).cache;
    for (let round = 1; round <= 6; round += 1) {
      for (const name of [0, 1]) await rm(join(folder, `${2 * (round - 1) + name}.png`));
      await writeImages(folder, { [`${2 * round}.png`]: 2 * round, [`${2 * round + 1}.png`]: 2 * round + 1 });
      const { cache } = await run();
      const lines = (await readFile(join(to, cacheFiles.index), 'utf8')).trim().split('\n');
      expect((await stat(join(to, 'vectors.f32'))).size / (4 * cache.about.width)).toBeLessThanOrEqual(4);
      expect(lines.length).toBeLessThanOrEqual(4);
      expect((await contents(cache))[`${2 * round}.png`]).toHaveLength(cache.about.width);
    }
    const fresh = (await run({ to: join(folder, 'other') })).cache;
    expectClose(await contents(await openImageCache(to)), await contents(fresh));
    await expect(contents(old)).rejects.toThrow('it was made anew or made smaller since it was opened: open it again');
  });

  it('opens by its columns as by its lines, and by both after a run that was stopped', async () => {
    await writeImages(folder, numbered(3));
    await run();
    const columns = join(to, cacheFiles.columns);
    const before = await readFile(columns);
    await writeImages(folder, { ...numbered(5), '1.png': 9 });
    await rm(join(folder, '2.png'));
    const { cache } = await run();
    const expected = [...cache.entries];
    for (const write of [() => writeFile(columns, before), () => rm(columns)]) {
      await write();
      const opened = await openImageCache(to);
      expect(opened.entries).toEqual(expected);
      expect(await contents(opened)).toEqual(await contents(cache));
    }
    await writeFile(columns, before.subarray(0, -1));
    expect((await openImageCache(to)).entries).toEqual(expected);
  });

  it('says which line is damaged where no crash can have done it', async () => {
    await writeImages(folder, numbered(3));
    await run();
    const index = join(to, cacheFiles.index);
    const lines = (await readFile(index, 'utf8')).split('\n');
    await writeFile(index, lines.with(1, '{"path": 7}').join('\n'));
    await rm(join(to, cacheFiles.columns));
    await expect(openImageCache(to)).rejects.toThrow('index.jsonl:2: the line is damaged');
    await writeFile(join(to, cacheFiles.about), '{"format": 2}');
    await expect(openImageCache(to)).rejects.toThrow('it is not one that this version reads');
  });
});
