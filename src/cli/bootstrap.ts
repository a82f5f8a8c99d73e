import { generator, keyOf } from '../index.ts';

/** A mean of scores and where it may really lie. */
export interface Estimate {
  readonly questions: number;
  readonly accuracy: number;
  /** The 95 % interval, lowest and highest. */
  readonly interval: readonly [number, number];
}

const RESAMPLES = 1000;

/**
 * The mean of some scores with its 95 % percentile bootstrap interval (Efron and Tibshirani 1993): the middle 95 % of
 * the means of 1000 draws, with replacement, of as many questions. The same seed gives the same interval.
 */
export const estimate = (scores: readonly number[], seed = 0): Estimate => {
  const draw = generator(keyOf(seed, 'bootstrap'));
  const means = Array.from({ length: RESAMPLES }, () => meanOfDraw(scores, draw)).sort((a, b) => a - b);
  const at = (quantile: number): number => means[Math.round(quantile * (RESAMPLES - 1))]!;
  const accuracy = scores.reduce((sum, score) => sum + score, 0) / scores.length;
  return { questions: scores.length, accuracy, interval: [at(0.025), at(0.975)] };
};

const meanOfDraw = (scores: readonly number[], draw: () => number): number => {
  let sum = 0;
  for (let i = 0; i < scores.length; i += 1) sum += scores[Math.floor(draw() * scores.length)]!;
  return sum / scores.length;
};
