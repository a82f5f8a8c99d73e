import { expect, it } from 'vitest';
import { encodeText } from '../../inference/encode-text.ts';
import { randomStudent } from '../../inference/inference.fixture.ts';
import { openPredictor } from '../../inference/open-predictor.ts';
import { batchedPredictor } from './batched-predictor.ts';

const questions = [
  ...['is there a circle ?', 'how many red squares are there ?', 'what color is it ?', 'is it blue ?'],
  ...['is it red ?', 'is there a large green square ?', 'what is it ?', 'how many circles are there ?'],
];

it('joins what is asked during a run into the next one, at most so many, and gives everybody their own rows', async () => {
  await using predictor = await openPredictor(randomStudent(), { threads: 1 });
  const runs: number[] = [];
  const batched = batchedPredictor(predictor, { most: 4, onRun: (_, examples) => runs.push(examples) });
  const feeds = questions.map((question) => encodeText(predictor, question));
  const together = await Promise.all(feeds.map((one) => batched.textFeatures(one)));
  expect(runs).toEqual([1, 4, 3]);
  for (const [i, one] of feeds.entries()) {
    const alone = await predictor.textFeatures(one);
    expect(together[i]!.shape).toEqual(alone.shape);
    const apart = Math.max(...alone.data.map((value, at) => Math.abs(value - together[i]!.data[at]!)));
    expect(apart).toBeLessThan(1e-5);
  }
  // a text that was encoded is encoded no more
  expect(await batched.textFeatures(feeds[3]!)).toBe(together[3]);
  expect(runs).toEqual([1, 4, 3]);
});

it('tells everybody of a run that failed, and goes on', async () => {
  await using predictor = await openPredictor(randomStudent(), { threads: 1 });
  let fails = true;
  const textFeatures: typeof predictor.textFeatures = async (feeds) => {
    if (fails) throw new Error('out of memory');
    return predictor.textFeatures(feeds);
  };
  const batched = batchedPredictor({ ...predictor, textFeatures }, { most: 4 });
  const feeds = encodeText(predictor, questions[0]!);
  const both = await Promise.allSettled([batched.textFeatures(feeds), batched.textFeatures(feeds)]);
  expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  fails = false;
  expect((await batched.textFeatures(feeds)).shape).toEqual([1, predictor.width]);
});
