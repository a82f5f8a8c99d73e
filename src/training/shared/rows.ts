import { type Size, termsOf } from '../../engine/shapes.ts';

/** Rows of a batch that several processes share, along one axis. */
export interface Rows {
  /** Numbers of the rows that are here, in the whole batch. */
  readonly rows: readonly number[];
  /** Number of rows of the whole batch. */
  readonly of: number;
}

/** Rows that are here, by the name of the size of their axis. Sizes that are not named are the same everywhere. */
export type SharedRows = ReadonlyMap<string, Rows>;

/** Rows of a batch that is not shared. */
export const unsharedRows: SharedRows = new Map();

/**
 * Numbers of the rows that are here of an axis whose size is a sum of products of named ones, its parts laid end to end:
 * `batch+false`, `16*batch`. Undefined where all rows are here.
 */
export const rowsAlong = (size: Size | undefined, shared: SharedRows): number[] | undefined => {
  if (size === undefined || typeof size === 'number') return undefined;
  const rows: number[] = [];
  let before = 0;
  for (const { coefficient, names } of termsOf(size)) {
    const found = names.length === 1 ? shared.get(names[0]!) : undefined;
    if (!found) return undefined;
    for (const row of found.rows) for (let i = 0; i < coefficient; i += 1) rows.push(before + row * coefficient + i);
    before += found.of * coefficient;
  }
  return rows;
};

/** The whole numbers from one on to another, without it. */
export const fromTo = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);
