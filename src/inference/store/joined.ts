import { UserError } from '../../errors.ts';
import { type ImageCache, imageCacheOf, type KeptBlock, type KeptOptions } from '../image-cache.ts';
import type { Columns } from './column-arrays.ts';
import { precisionOf } from './manifest.ts';

/**
 * Several caches of one student as one, the images of the first before those of the second: for more than one may hold, or
 * where each folder or year has its own. Files of the same bytes in two of them have two vectors.
 *
 * @throws UserError where their students or precisions differ.
 */
export const joinedCache = (caches: readonly ImageCache[]): ImageCache => {
  const [first, ...others] = caches;
  if (!first) throw new UserError('no cache is named: give at least one');
  if (others.length === 0) return first;
  for (const other of others) checkAlike(first, other);
  const begins = [0];
  for (const { size } of caches) begins.push(begins.at(-1)! + size);
  const partAt = (place: number): number => partOf(begins, place);
  const places = caches.map(({ folder }) => folder);
  const parts = {
    folder: places.join(', '),
    about: { ...first.about, stamp: caches.map(({ about }) => about.stamp ?? '').join(' ') },
    columns: joinedColumns(caches, begins),
    cacheAt: (place: number): string => places[partAt(place)]!,
    ...(caches.every(({ check }) => check) ? { check: () => checkAll(caches) } : {}),
  };
  return imageCacheOf(parts, (options) => keptBlocks(caches, begins, options));
};

/** @throws UserError where two caches cannot be asked together. */
const checkAlike = (one: ImageCache, other: ImageCache): void => {
  const [ours, theirs] = [one, other].map(
    ({ about }) => `${about.student.slice(0, 12)} (${about.task}, rows of ${about.width})`,
  );
  if (one.about.student !== other.about.student)
    throw new UserError(
      `${one.folder} and ${other.folder}: they were made by students ${ours} and ${theirs}: ask those of one student together`,
    );
  const [kept, otherwise] = [one, other].map(({ about }) => precisionOf(about));
  if (kept !== otherwise)
    throw new UserError(
      `${one.folder} and ${other.folder}: their numbers are kept as ${kept} and ${otherwise}: ask those of one precision together`,
    );
};

/** Number of the cache that has a place. */
const partOf = (begins: readonly number[], place: number): number => {
  let [low, high] = [0, begins.length - 1];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (begins[middle]! <= place) low = middle;
    else high = middle;
  }
  return low;
};

const joinedColumns = (caches: readonly ImageCache[], begins: readonly number[]): Columns => {
  const size = begins.at(-1)!;
  const all = caches.map(({ columns }) => columns);
  const [rows, bytes] = [new Uint32Array(size), new Float64Array(size)];
  const [modified, taken] = [new Float64Array(size), new Float64Array(size)];
  const firstRows: number[] = [];
  let row = 0;
  for (const [i, columns] of all.entries()) {
    const begin = begins[i]!;
    firstRows.push(row);
    for (let at = 0; at < columns.size; at += 1) rows[begin + at] = row + columns.rows[at]!;
    bytes.set(columns.bytes, begin);
    modified.set(columns.modified, begin);
    taken.set(columns.taken, begin);
    row += 1 + (columns.rows.at(-1) ?? -1);
  }
  const part = (place: number) => {
    const i = partOf(begins, place);
    return { columns: all[i]!, at: place - begins[i]!, firstRow: firstRows[i]! };
  };
  return {
    ...{ size, rows, bytes, modified, taken },
    undated: all.reduce((sum, { undated }) => sum + undated, 0),
    pathAt: (place) => {
      const { columns, at } = part(place);
      return columns.pathAt(at);
    },
    entryAt: (place) => {
      const { columns, at, firstRow } = part(place);
      const entry = columns.entryAt(at);
      return { ...entry, row: entry.row + firstRow };
    },
  };
};

async function* keptBlocks(
  caches: readonly ImageCache[],
  begins: readonly number[],
  { only, ...options }: KeptOptions = {},
): AsyncGenerator<KeptBlock, void, undefined> {
  for (const [i, cache] of caches.entries()) {
    const [begin, end] = [begins[i]!, begins[i + 1]!];
    const own = only?.filter((place) => place >= begin && place < end).map((place) => place - begin);
    if (own?.length === 0) continue;
    for await (const { places, bytes } of cache.keptBlocks({ ...options, only: own }))
      yield { places: places.map((place) => place + begin), bytes };
  }
}

const checkAll = async (caches: readonly ImageCache[]): Promise<number> => {
  let bytes = 0;
  for (const { check } of caches) bytes += await check!();
  return bytes;
};
