import type { FileHandle } from 'node:fs/promises';
import { readInto } from '../../files/read-exactly.ts';

/** Rows of a cache that stand beside each other in a list. */
export interface RowBlock {
  /** Index of the first of them in the list. */
  readonly first: number;
  readonly count: number;
  /** Bytes of the rows, overwritten when as many blocks have followed as there are buffers. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Place of the rows, and the number that is read at a time. */
export interface RowReading {
  /** Bytes of a row. */
  readonly rowBytes: number;
  readonly atOnce: number;
  /** Path of the file, for errors. */
  readonly path: string;
  /** Blocks that stay as they are while further ones are read. Default 1. */
  readonly buffers?: number | undefined;
}

/**
 * Reads rows in the order of a list that never falls, each run of neighbours at once, and the next block while the
 * consumer works on this one.
 */
export async function* readRows(
  handle: FileHandle,
  rows: Uint32Array,
  reading: RowReading,
): AsyncGenerator<RowBlock, void, undefined> {
  const { rowBytes, atOnce, buffers = 1 } = reading;
  const used = Math.min(buffers + 1, Math.ceil(rows.length / atOnce));
  const ring = Array.from({ length: used }, () => new Uint8Array(Math.min(atOnce, rows.length) * rowBytes));
  const read = (first: number): Promise<RowBlock | undefined> => {
    const bytes = ring[(first / atOnce) % ring.length]!;
    const block = first < rows.length ? readBlock(handle, { rows, first, bytes }, reading) : Promise.resolve(undefined);
    // an error is thrown where this block is asked for, which may be later
    block.catch(() => undefined);
    return block;
  };
  let next = read(0);
  try {
    for (let block = await next; block; block = await next) {
      next = read(block.first + atOnce);
      yield block;
    }
  } finally {
    // a consumer that leaves early gets no further block, but nothing may read on
    await next.catch(() => undefined);
  }
}

const readBlock = async (
  handle: FileHandle,
  { rows, first, bytes }: { rows: Uint32Array; first: number; bytes: Uint8Array<ArrayBuffer> },
  { rowBytes, atOnce, path }: RowReading,
): Promise<RowBlock> => {
  const count = Math.min(atOnce, rows.length - first);
  for (let start = first, end = first + 1; start < first + count; start = end, end += 1) {
    while (end < first + count && rows[end] === rows[end - 1]! + 1) end += 1;
    const into = bytes.subarray(rowBytes * (start - first), rowBytes * (end - first));
    await readInto(handle, into, { begin: rowBytes * rows[start]!, path });
  }
  return { first, count, bytes: bytes.subarray(0, count * rowBytes) };
};
