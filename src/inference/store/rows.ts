import type { FileHandle } from 'node:fs/promises';
import { readInto } from '../../files/read-exactly.ts';

/** Rows of a cache that stand beside each other in a list. */
export interface RowBlock {
  /** Index of the first of them in the list. */
  readonly first: number;
  readonly count: number;
  /** [count, width], overwritten by the next block. */
  readonly data: Float32Array<ArrayBuffer>;
}

/** Place of the rows, and the number that is read at a time. */
export interface RowReading {
  readonly width: number;
  readonly atOnce: number;
  /** Path of the file, for errors. */
  readonly path: string;
}

/** Reads rows in the order of a list that never falls, each run of neighbours at once. */
export async function* readRows(
  handle: FileHandle,
  rows: Uint32Array,
  { width, atOnce, path }: RowReading,
): AsyncGenerator<RowBlock, void, undefined> {
  const buffer = new Float32Array(Math.min(atOnce, rows.length) * width);
  for (let first = 0; first < rows.length; first += atOnce) {
    const count = Math.min(atOnce, rows.length - first);
    for (let start = first, end = first + 1; start < first + count; start = end, end += 1) {
      while (end < first + count && rows[end] === rows[end - 1]! + 1) end += 1;
      const into = new Uint8Array(buffer.buffer, 4 * width * (start - first), 4 * width * (end - start));
      await readInto(handle, into, { begin: 4 * width * rows[start]!, path });
    }
    yield { first, count, data: buffer.subarray(0, count * width) };
  }
}
