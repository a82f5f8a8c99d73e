import { generator, keyOf } from '../../engine/random.ts';

/** A mean and its confidence interval. */
export interface Interval {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

const RESAMPLES = 1000;
const CONFIDENCE = 0.95;

/**
 * The 95 % percentile bootstrap of a mean (Efron 1979): 1,000 samples as large as the first, drawn from it with
 * replacement; the interval leaves out 2.5 % of their means at either end. The same scores and seed give the same
 * interval.
 *
 * @param scores the score of each example, in any unit; the interval has the same one.
 * @throws Error without scores.
 */
export const interval = (scores: readonly number[], { seed }: { readonly seed: number }): Interval => {
  if (scores.length === 0) throw new Error('interval: no scores: give those of at least one example');
  const random = generator(keyOf(seed, 'bootstrap'));
  const means = Float64Array.from({ length: RESAMPLES }, () => resampledMean(scores, random)).sort();
  const left = (1 - CONFIDENCE) / 2;
  return {
    mean: scores.reduce((sum, score) => sum + score, 0) / scores.length,
    low: quantile(means, left),
    high: quantile(means, 1 - left),
  };
};

const resampledMean = (scores: readonly number[], random: () => number): number => {
  let sum = 0;
  for (let i = 0; i < scores.length; i += 1) sum += scores[Math.floor(random() * scores.length)]!;
  return sum / scores.length;
};

/** Quantile of sorted numbers, with linear interpolation. */
const quantile = (sorted: Float64Array, probability: number): number => {
  const place = probability * (sorted.length - 1);
  const below = Math.floor(place);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below]! + (place - below) * (sorted[above]! - sorted[below]!);
};
