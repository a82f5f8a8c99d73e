import { type OverSeeds, overSeeds } from '../confidence.ts';

/** A cell: something measured, with fewer seeds than it will be where it says of how many. */
export type Cell = (OverSeeds & { readonly of?: number | undefined }) | undefined;

/** How the numbers of a table are shown. */
export type Unit = 'percent' | 'milliseconds' | 'rate' | 'seconds' | 'mebibytes' | 'nats';

/** A table of the reproduction. */
export interface Table {
  readonly id: string;
  readonly title: string;
  /** What it shows, in a sentence; and what the paper says of the same. */
  readonly about: string;
  readonly columns: readonly { readonly name: string; readonly unit: Unit }[];
  readonly rows: readonly { readonly name: string; readonly cells: readonly Cell[] }[];
}

export const percent = (name: string) => ({ name, unit: 'percent' }) as const;

/** What was measured once. */
export const once = (value: number | undefined): Cell => (value === undefined ? undefined : overSeeds([value]));
