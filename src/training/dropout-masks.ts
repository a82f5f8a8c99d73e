import type { Numbers } from '../engine/numbers.ts';
import { bernoulliMask, type Key, keyOf } from '../engine/random.ts';
import { type Session, shapesFor } from '../engine/runtime/session.ts';
import { rowsAlong, type SharedRows, unsharedRows } from './shared/rows.ts';

/**
 * Random masks for every dropout of a graph, each from a stream of its own: the same key and name give the same mask,
 * in any graph. Of a batch that processes share each draws the rows that it has, as one process would draw them.
 */
export const dropoutMasks = (
  session: Session,
  feeds: Readonly<Record<string, Numbers>>,
  { key, rows: shared = unsharedRows }: { readonly key: Key; readonly rows?: SharedRows | undefined },
): Record<string, Numbers> => {
  const masks: Record<string, Numbers> = {};
  for (const { name, keep, shape, first } of shapesFor(session, feeds)) {
    if (keep === undefined) continue;
    const data = new Float32Array(shape.reduce((product, size) => product * size, 1));
    const own = keyOf(key[0], key[1], name);
    const rows = rowsAlong(first, shared);
    const space = data.length / (shape[0] ?? 1);
    if (!rows) bernoulliMask(own, data, keep);
    else
      for (const { at, count, row } of runsOf(rows))
        bernoulliMask(own, data.subarray(at * space, (at + count) * space), keep, row * space);
    masks[name] = { shape, data };
  }
  return masks;
};

/** Runs of rows that follow each other: `count` rows from number `row` on, which lie here from place `at` on. */
const runsOf = (rows: readonly number[]): { at: number; count: number; row: number }[] => {
  const runs: { at: number; count: number; row: number }[] = [];
  for (const [at, row] of rows.entries()) {
    const last = runs.at(-1);
    if (last && last.row + last.count === row) last.count += 1;
    else runs.push({ at, count: 1, row });
  }
  return runs;
};
