import { expect, test } from 'vitest';
import { estimate } from './bootstrap.ts';

const scores = Array.from({ length: 400 }, (_, i) => (i % 4 === 0 ? 0 : 1));

test('the interval is that of the normal approximation where there are many questions', () => {
  const { accuracy, interval } = estimate(scores);
  const reach = 1.96 * Math.sqrt((0.75 * 0.25) / 400);
  expect(accuracy).toBe(0.75);
  expect(Math.abs(interval[0] - (0.75 - reach))).toBeLessThan(0.006);
  expect(Math.abs(interval[1] - (0.75 + reach))).toBeLessThan(0.006);
});

test('the same seed gives the same interval, another seed another', () => {
  expect(estimate(scores, 3)).toEqual(estimate(scores, 3));
  expect(estimate(scores, 3)).not.toEqual(estimate(scores, 4));
});

test('equal scores have no spread', () => {
  expect(estimate([1, 1, 1]).interval).toEqual([1, 1]);
});
