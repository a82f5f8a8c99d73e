import { type Estimate, estimate } from './estimate.ts';
import { type Cell, percent, tableOf } from './table.ts';

/** What a protocol reports of a split: a share, over its questions, statements, images or groups. */
export interface Measured extends Estimate {
  readonly split: string;
  readonly measure: string;
}

/** Each measure of a split, from the parts whose mean it is. */
export const measured = (split: string, parts: Readonly<Record<string, readonly number[]>>, seed: number): Measured[] =>
  Object.entries(parts).map(([measure, scores]) => ({ split, measure, ...estimate(scores, seed) }));

/** 0.25, 0.5 -> 25.0 % to 50.0 %. */
export const rangeOf = ([low, high]: Estimate['interval']): string => `${percent(low)} to ${percent(high)}`;

/** Measures as a table. */
export const measuresTable = (all: readonly Measured[]): string => {
  const rows = all.map(({ split, measure, of, share, interval }): Cell[] => [
    split,
    measure,
    of,
    percent(share),
    rangeOf(interval),
  ]);
  return tableOf([['split', 'measure', 'of', 'share', '95 % interval'], ...rows]);
};
