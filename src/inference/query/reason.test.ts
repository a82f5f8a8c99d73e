import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { tiny } from '../../model/sizes.ts';
import { nlvr2 } from '../../tasks/nlvr2.ts';
import { answer } from '../answer.ts';
import { randomStudent } from '../inference.fixture.ts';
import { openImageCache } from '../open-image-cache.ts';
import { openPredictor } from '../open-predictor.ts';
import type { Predictor } from '../predictor.ts';
import { ask } from './ask.ts';
import type { ReasonOptions } from './judge-pairs.ts';
import { type Gallery, makeGallery, student } from './query.fixture.ts';
import { reason } from './reason.ts';

const statement = 'there is a red circle in the two images together.';
const sizes = { ...tiny, types: 3, vocabulary: student.config.vocabulary.length };
const model = randomStudent(2, { task: 'nlvr2', images: 2, scoring: 'softmax', answers: ['False', 'True'], sizes });
let gallery: Gallery;
let open: Predictor;
/** Probability of True of every pair, by a run of the whole model each. */
const known = new Map<string, number>();
const keyOf = (first: string, second: string): string => `${first} | ${second}`;

beforeAll(async () => {
  gallery = await makeGallery(model);
  open = await openPredictor(model, { threads: 1 });
  const paths = gallery.images.map(({ path }) => path);
  for (const first of paths) {
    for (const second of paths) {
      const images = [first, second].map((path) => join(gallery.folder, path));
      const answers = await answer(open, images, statement);
      known.set(keyOf(first, second), answers.find((one) => one.answer === 'True')!.probability);
    }
  }
  return () => open.close();
}, 240_000);

const expectPairs = async (options: ReasonOptions, pairs: readonly (readonly [string, string])[]): Promise<void> => {
  const progress: [number, number][] = [];
  const onProgress = (done: number, of: number): void => void progress.push([done, of]);
  const judged = await reason(open, gallery.cache, statement, { top: 1000, onProgress, ...options });
  const found = judged.map(({ images: [first, second] }) => keyOf(first, second));
  expect(found.toSorted()).toEqual(pairs.map(([a, b]) => keyOf(a, b)).toSorted());
  for (const { images, answer: given, probability } of judged) {
    const yes = known.get(keyOf(...images))!;
    expect(Math.abs(probability - (given === 'True' ? yes : 1 - yes))).toBeLessThan(1e-5);
  }
  const order = judged.map(({ probability }) => probability);
  expect(order).toEqual(order.toSorted((a, b) => b - a));
  expect(await reason(open, gallery.cache, statement, { ...options, top: 3 })).toEqual(judged.slice(0, 3));
  for (const [done, of] of progress) expect(done).toBeLessThanOrEqual(of);
};

describe('a statement about two cached images', () => {
  it('has for all pairs the probability that the whole model gives', async () => {
    const paths = gallery.images.map(({ path }) => path);
    const different = paths.flatMap((a) => paths.filter((b) => b !== a).map((b) => [a, b] as const));
    await expectPairs({}, different);
    await expectPairs({ answer: 'False' }, different);
    const sorted = [...known].filter(([key]) => new Set(key.split(' | ')).size === 2).sort((a, b) => b[1] - a[1]);
    const most = await reason(open, gallery.cache, statement, { atLeast: (sorted[9]![1] + sorted[10]![1]) / 2 });
    expect(most.length).toBe(10);
  });

  it('is judged of pairs of two sets, and of images with the next one', async () => {
    const within = (folder: string): string[] =>
      gallery.images.map(({ path }) => path).filter((path) => path.startsWith(folder));
    const [a, ab] = [within('a/'), within('ab/')];
    await expectPairs(
      { folder: 'a', second: { folder: 'ab' } },
      a.flatMap((first) => ab.map((second) => [first, second] as const)),
    );
    const sorted = a.toSorted();
    await expectPairs(
      { folder: 'a', pairs: 'consecutive' },
      sorted.slice(1).map((second, i) => [sorted[i]!, second] as const),
    );
    expect(await reason(open, gallery.cache, statement, { folder: 'none' })).toEqual([]);
    expect(await reason(open, gallery.cache, statement, { folder: 'none', pairs: 'consecutive' })).toEqual([]);
  });

  it('is judged of all pairs of two caches that are asked as one, which say where an image is', async () => {
    const to = join(gallery.folder, 'images.cache');
    await cp(to, `${to}.copy`, { recursive: true });
    const both = await openImageCache([to, `${to}.copy`]);
    const judged = await reason(open, both, statement, { top: 1000 });
    const count = 2 * gallery.images.length;
    const keys = judged.map(({ images: [a, b], caches: [c, d] = ['', ''] }) => keyOf(`${c} ${a}`, `${d} ${b}`));
    expect(new Set(keys).size).toBe(count * (count - 1));
    for (const { images, probability } of judged) expect(probability).toBeCloseTo(known.get(keyOf(...images))!, 5);
    const crossed = await reason(open, gallery.cache, statement, { secondImages: both, top: 1000 });
    expect(crossed).toHaveLength(gallery.images.length * count);
    expect(new Set(crossed.map(({ caches }) => caches![0]))).toEqual(new Set([to]));
    expect(new Set(crossed.map(({ caches }) => caches![1]))).toEqual(new Set([to, `${to}.copy`]));
    const next = await reason(open, both, statement, { pairs: 'consecutive', top: 1000 });
    expect(next).toHaveLength(count - 1);
    expect(next.filter(({ images: [a, b] }) => a === b)).toHaveLength(gallery.images.length);
  });

  it('says what is wrong', async () => {
    const judging = (options: ReasonOptions) => expect(reason(open, gallery.cache, statement, options)).rejects;
    await judging({ answer: 'true' }).toThrow(
      '"true" is not among the 2 answers of the student (False, True): did you',
    );
    await judging({ top: 0 }).toThrow('the top 0 pairs: ask for at least 1');
    await judging({ pairs: 'consecutive', second: {} }).toThrow('consecutive pairs are of one set');
    await expect(reason(student, gallery.cache, statement)).rejects.toThrow('does not judge two images together');
    await expect(ask(open, gallery.cache, statement)).rejects.toThrow('answers about 2 images together');
    expect((await nlvr2.answers('')).length).toBe(2);
  });
});
