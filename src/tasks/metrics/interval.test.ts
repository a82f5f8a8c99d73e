import { expect, test } from 'vitest';
import { generator, keyOf } from '../../engine/random.ts';
import { interval } from './interval.ts';

/** `right` ones among `count` numbers. */
const answers = (right: number, count: number): number[] =>
  Array.from({ length: count }, (_, i) => (i < right ? 1 : 0));

test('the interval of a share is about as wide as the binomial says', () => {
  const { mean, low, high } = interval(answers(700, 1000), { seed: 1 });
  const expected = 1.96 * Math.sqrt((0.7 * 0.3) / 1000);
  expect(mean).toBeCloseTo(0.7, 12);
  expect(mean - low).toBeGreaterThan(0.85 * expected);
  expect(mean - low).toBeLessThan(1.15 * expected);
  expect(high - mean).toBeGreaterThan(0.85 * expected);
  expect(high - mean).toBeLessThan(1.15 * expected);
});

test('four times the examples halve the interval', () => {
  const width = (count: number): number => {
    const { low, high } = interval(answers(count / 2, count), { seed: 3 });
    return high - low;
  };
  expect(width(400) / width(1600)).toBeGreaterThan(1.75);
  expect(width(400) / width(1600)).toBeLessThan(2.25);
});

test('about 95 of 100 intervals hold the truth', () => {
  let held = 0;
  for (let sample = 0; sample < 100; sample += 1) {
    const random = generator(keyOf(sample, 'sample'));
    const { low, high } = interval(
      Array.from({ length: 60 }, () => random()),
      { seed: sample },
    );
    if (low <= 0.5 && 0.5 <= high) held += 1;
  }
  expect(held).toBeGreaterThanOrEqual(88);
  expect(held).toBeLessThanOrEqual(100);
});

test('the same seed gives the same interval and another seed another one', () => {
  const scores = Array.from({ length: 50 }, (_, i) => Math.sin(i) ** 2);
  expect(interval(scores, { seed: 5 })).toEqual(interval(scores, { seed: 5 }));
  expect(interval(scores, { seed: 5 })).not.toEqual(interval(scores, { seed: 6 }));
});

test('scores that are all the same leave nothing open', () => {
  expect(interval([0.5, 0.5, 0.5], { seed: 0 })).toEqual({ mean: 0.5, low: 0.5, high: 0.5 });
});

test('no scores at all are refused', () => {
  expect(() => interval([], { seed: 0 })).toThrow('interval: no scores');
});
