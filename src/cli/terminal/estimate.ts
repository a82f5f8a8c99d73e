import { interval } from '../../data.ts';

/** A mean of scores and where it may really lie. */
export interface Estimate {
  /** How many scores there are. */
  readonly of: number;
  readonly share: number;
  /** The 95 % interval, lowest and highest. */
  readonly interval: readonly [number, number];
}

/** The mean of some scores with the 95 % interval of its bootstrap; the same seed gives the same interval. */
export const estimate = (scores: readonly number[], seed: number): Estimate => {
  const { mean, low, high } = interval(scores, { seed });
  return { of: scores.length, share: mean, interval: [low, high] };
};
