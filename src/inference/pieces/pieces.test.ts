import { cp, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { generateStore } from '../../../bench/generated-store.ts';
import { cacheFolder, contents, expectClose, trained } from '../caching.fixture.ts';
import type { ImageCache } from '../image-cache.ts';
import { numbered, randomStudent, temporaryFolder, writeImages } from '../inference.fixture.ts';
import { openImageCache } from '../open-image-cache.ts';
import { openPredictor } from '../open-predictor.ts';
import { askAll } from '../query/ask-all.ts';
import type { QuestionsOptions } from '../query/questions.ts';
import { answerPieces, mergeAnswers } from './answer-pieces.ts';
import { encodePictures } from './encode-pictures.ts';
import { pendingPictures } from './pending-pictures.ts';
import { piecesOf } from './piece.ts';

let folder: string;
let cache: ImageCache;
beforeAll(async () => {
  folder = await temporaryFolder();
  const to = join(folder, 'cache');
  await using student = await openPredictor(trained, { threads: 1 });
  await generateStore(student, { to, images: 10_000, precision: 'float16' });
  cache = await openImageCache(to);
});

const questions = ['is there a dog?', 'what color is the bus?'];
const PIECE = { images: 4096 };

/** Records of all pieces as lines, the last piece first. */
const linesOf = async (options: QuestionsOptions, names = piecesOf(cache, { ...options, ...PIECE })) => {
  const lines: string[] = [];
  for await (const one of answerPieces(trained, cache, { questions, options }, names))
    lines.unshift(JSON.stringify(one));
  return lines;
};

const rejection = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'nothing',
    (error: unknown) => String(error),
  );

describe('answers in pieces', () => {
  it.each<[string, QuestionsOptions]>([
    ['the most probable', { top: 7, histogram: true, bars: 10 }],
    ['all, of a folder, by path', { folder: '2000/0003', sort: 'path' }],
    ['of some years, by date', { from: '2000-03', to: '2000-06', sort: 'date', top: 50 }],
    [
      'combined, from a probability on',
      { and: ['is it red?'], not: ['is it night?'], answer: 'yes', atLeast: 0.1, top: 5000 },
    ],
    ['without near-duplicates', { top: 20, nearDuplicates: 0.2, folder: '2000/0001' }],
    ['the least probable', { order: 'ascending', top: 3 }],
  ])('are those of one process, to the bit: %s', async (_, options) => {
    const lines = await linesOf(options);
    expect(await mergeAnswers(trained, cache, { questions, options }, lines)).toEqual(
      await askAll(trained, cache, questions, options),
    );
  });

  it('are of pieces that a filter has, and of pieces of any multiple of 4096', async () => {
    expect(piecesOf(cache, PIECE).map((name) => name.split('@')[0])).toEqual(['0-4096', '4096-8192', '8192-10000']);
    expect(piecesOf(cache, { ...PIECE, folder: '2000/0003' }).map((name) => name.split('@')[0])).toEqual(['0-1000']);
    expect(piecesOf(cache)).toHaveLength(1);
    expect(() => piecesOf(cache, { images: 1000 })).toThrow('pieces of 1000 images: give a multiple of 4096');
  });

  it('pass over what is cut short or answered twice, and name what is missing', async () => {
    const options = { top: 5 };
    const [last, middle, first] = (await linesOf(options)) as [string, string, string];
    const merge = (lines: string[], counts: object[] = []) =>
      mergeAnswers(trained, cache, { questions, options, onPassedOver: (one) => void counts.push(one) }, lines);
    const counts: object[] = [];
    const whole = await merge([first, middle.slice(0, 80), last, middle, first, ''], counts);
    expect(whole).toEqual(await askAll(trained, cache, questions, options));
    expect(counts).toEqual([{ damaged: 1, twice: 1 }]);
    const state = piecesOf(cache)[0]!.split('@')[1];
    expect(await rejection(merge([first, middle.slice(0, 80)]))).toContain(
      `pieces are missing: answer these, and merge them with the others:\n4096-8192@${state}\n8192-10000@${state}`,
    );
    const [all] = (await linesOf(options, piecesOf(cache))) as [string];
    expect(await merge([all])).toEqual(whole);
    expect(await rejection(merge([all, middle]))).toContain('have images in common');
  });

  it('are refused of other questions, another student, and a cache that has changed', async () => {
    const [line] = (await linesOf({ top: 5 })) as [string];
    const merge = (student = trained, options: QuestionsOptions = { top: 5 }, images = cache) =>
      rejection(mergeAnswers(student, images, { questions, options }, [line]));
    expect(await merge(trained, { top: 6 })).toContain('it was answered by another student, or with other questions');
    const weights = new Map(trained.weights);
    const [name, { shape, data }] = [...weights].find(([one]) => one.startsWith('vqa_classifier'))!;
    weights.set(name, { shape, data: data.map((x) => x + 1) });
    expect(await merge({ ...trained, weights })).toContain('it was answered by another student');
    await cp(join(folder, 'cache'), join(folder, 'grown'), { recursive: true });
    await using student = await openPredictor(trained, { threads: 1 });
    await generateStore(student, { to: join(folder, 'grown'), images: 10_001, precision: 'float16' });
    const grown = await openImageCache(join(folder, 'grown'));
    expect(await merge(trained, { top: 5 }, grown)).toContain('has changed since: list the pieces again');
    expect(await rejection(linesOf({}, ['0-4095@00000000']))).toContain('it is of another cache');
    expect(await rejection(linesOf({}, ['photos.cache']))).toContain('"photos.cache" names no piece');
    const state = piecesOf(cache)[0]!.split('@')[1];
    expect(await rejection(linesOf({}, [`1000-4096@${state}`]))).toContain('begin each at a multiple of 4096');
  });
});

describe('pictures encoded in pieces', () => {
  const encoded = async (photos: string, names: readonly string[], student = trained) => {
    const lines: string[] = [];
    for await (const one of encodePictures(student, photos, names, { batch: 2, threads: 1 }))
      lines.push(JSON.stringify(one));
    return lines;
  };
  async function* each(lines: readonly string[]) {
    yield* lines;
  }

  it('are cached as one process caches them, and those that no line has are encoded', async () => {
    const photos = await temporaryFolder();
    await writeImages(photos, numbered(9));
    await cp(join(photos, '3.png'), join(photos, 'copy of 3.png'));
    await writeFile(join(photos, 'broken.png'), 'no picture');
    const [alone, to] = [join(folder, 'alone'), join(folder, 'merged')];
    const one = await cacheFolder(photos, { to: alone });
    const { names, of } = await pendingPictures(trained, photos, { to });
    expect([names.length, of]).toEqual([11, 11]);
    const parts = [await encoded(photos, names.slice(5)), await encoded(photos, names.slice(0, 5))];
    expect(parts.flat().filter((line) => line.includes('unreadable'))).toHaveLength(1);
    // the last line of a process that was killed, and a picture that has changed since it was encoded
    const lines = [...parts[0]!, ...parts[1]!.slice(0, -1), parts[1]!.at(-1)!.slice(0, 90)];
    await utimes(join(photos, '0.png'), 1, 1);
    const merged = await cacheFolder(photos, { to, encoded: each(lines) });
    expect(merged.notices.filter((notice) => !notice.includes('broken'))).toEqual([
      '1 line is cut short or damaged: pictures that no other line has are encoded here',
    ]);
    expect(merged.last).toEqual(one.last);
    expectClose(await contents(merged.cache), await contents(one.cache));
    expect((await pendingPictures(trained, photos, { to })).names).toEqual(['broken.png']);
    const again = await cacheFolder(photos, { to, encoded: each(lines) });
    expect(again.last).toMatchObject({ encoded: 0, kept: 10 });
  });

  it('are refused of another student, and where a name is no file', async () => {
    const photos = await temporaryFolder();
    await writeImages(photos, { 'a.png': 1 });
    const lines = await encoded(photos, ['a.png'], randomStudent(9));
    expect(await rejection(cacheFolder(photos, { to: join(folder, 'other'), encoded: each(lines) }))).toContain(
      'a.png was encoded by another student, or read otherwise',
    );
    expect(await rejection(encoded(photos, ['b.png']))).toContain('b.png: there is no such file: give paths below');
  });
});
