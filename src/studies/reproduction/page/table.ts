import { type Estimate, meanWithInterval } from '../confidence.ts';

/** A cell of a table: an estimate, with the planned number of seeds where some are missing; or nothing yet. */
export type Cell = (Estimate & { readonly of?: number | undefined }) | undefined;

/** Unit of the numbers of a column. */
export type Unit = 'percent' | 'milliseconds' | 'rate' | 'hours' | 'count' | 'nats';

/** A table of the reproduction. */
export interface Table {
  readonly id: string;
  readonly title: string;
  /** Caption: what the table shows, and the paper's claim about it. */
  readonly about: string;
  readonly columns: readonly { readonly name: string; readonly unit: Unit }[];
  readonly rows: readonly { readonly name: string; readonly cells: readonly Cell[] }[];
}

/** A column in percent. */
export const percent = (name: string) => ({ name, unit: 'percent' }) as const;

/** The cell of a measure over the seeds that are measured so far. */
export const cellOver = (seeds: readonly number[], measureOf: (seed: number) => number | undefined): Cell => {
  const values = seeds.flatMap((seed) => measureOf(seed) ?? []);
  if (values.length === 0) return undefined;
  const estimate = meanWithInterval(values);
  return values.length === seeds.length ? estimate : { ...estimate, of: seeds.length };
};

/** The cell of a single measurement. */
export const singleValue = (value: number | undefined): Cell =>
  value === undefined ? undefined : meanWithInterval([value]);
