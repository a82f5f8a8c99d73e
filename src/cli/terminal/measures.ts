import { interval } from '../../data.ts';
import { type Cell, percent, tableOf } from './table.ts';

/** Mean of some scores, with its 95 % bootstrap interval. */
export interface Estimate {
  /** Number of scores. */
  readonly of: number;
  /** Their mean, from 0 to 1. */
  readonly share: number;
  /** Lower and upper end of the interval. */
  readonly interval: readonly [number, number];
}

/** Mean of scores with the 95 % interval of its bootstrap; the same seed gives the same interval. */
export const estimate = (scores: readonly number[], seed: number): Estimate => {
  const { mean, low, high } = interval(scores, { seed });
  return { of: scores.length, share: mean, interval: [low, high] };
};

/** One measure of a task's protocol on a split: a mean over its questions, statements, images or groups. */
export interface Measure extends Estimate {
  readonly split: string;
  readonly measure: string;
}

/** The measures of a split, each from the scores whose mean it is. */
export const measuresOf = (
  split: string,
  scores: Readonly<Record<string, readonly number[]>>,
  seed: number,
): Measure[] => Object.entries(scores).map(([measure, parts]) => ({ split, measure, ...estimate(parts, seed) }));

/** An interval in percent: 0.25, 0.5 -> 25.0 % to 50.0 %. */
export const formatInterval = ([low, high]: Estimate['interval']): string => `${percent(low)} to ${percent(high)}`;

/** Measures as a table. */
export const measuresTable = (all: readonly Measure[]): string => {
  const rows = all.map(({ split, measure, of, share, interval }): Cell[] => [
    split,
    measure,
    of,
    percent(share),
    formatInterval(interval),
  ]);
  return tableOf([['split', 'measure', 'of', 'share', '95 % interval'], ...rows]);
};
