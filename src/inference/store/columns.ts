import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { bytesOf } from '../../engine/numbers.ts';
import type { StorePlace } from '../../files/append-store.ts';
import { writeAtomically } from '../../files/atomic-write.ts';
import { readError } from '../../files/disk-errors.ts';
import { parseJson } from '../../files/json.ts';
import { readBytes, readUpTo } from '../../files/read-exactly.ts';
import { openCurrent } from '../../files/replace-together.ts';
import {
  type Arrays,
  arraysIn,
  type Columns,
  columnsFrom,
  ENTRY,
  HEAD,
  MAGIC_WORD,
  NEVER_READ,
  type TextsIn,
} from './column-arrays.ts';
import { cacheFiles } from './file-names.ts';
import type { Entry } from './layout.ts';

/** Columns as a file has them, and how far in the index their entries go. */
export interface StoredColumns extends Columns {
  readonly place: StorePlace;
  readonly arrays: Arrays;
}

interface Header extends StorePlace {
  /** Stamp of the cache whose index it is. */
  readonly stamp: string;
  /** CRC-32 of the last bytes of the index up to that place. */
  readonly crc: number;
  readonly size: number;
  /** Bytes of all paths. */
  readonly paths: number;
}

const MAGIC = Buffer.from(MAGIC_WORD);
/** Bytes at the end of the index by which it is known again. */
const TAIL = 4096;
/** Most bytes of paths that a column of 32 bits can divide. */
const MOST_PATHS = 2 ** 32 - 1;

/** Texts in the columns, by Node's own decoder, which is several times as fast as the browsers'. */
const textsIn: TextsIn = (bytes) => {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  return (encoding, begin, end) => buffer.toString(encoding, begin, end);
};

/** Columns of arrays, whose texts Node decodes. */
export const columnsOf = (arrays: Arrays): Columns => columnsFrom(arrays, textsIn);

/** Arrays of entries that are in the order of their rows. */
export const arraysOf = (entries: readonly Entry[]): Arrays => {
  const size = entries.length;
  const paths = entries.map(({ path }) => Buffer.from(path));
  const [rows, ends, hashes] = [new Uint32Array(size), new Uint32Array(size), new Uint8Array(32 * size)];
  let end = 0;
  for (const [i, { row, sha256 }] of entries.entries()) {
    rows[i] = row;
    ends[i] = end += paths[i]!.length;
    hashes.set(Buffer.from(sha256, 'hex').subarray(0, 32), 32 * i);
  }
  return {
    bytes: Float64Array.from(entries, ({ bytes }) => bytes),
    modified: Float64Array.from(entries, ({ modified }) => modified),
    taken: Float64Array.from(entries, ({ taken }) => (taken === undefined ? NEVER_READ : (taken ?? Number.NaN))),
    ...{ rows, ends, hashes },
    paths: new Uint8Array(Buffer.concat(paths)),
  };
};

/** State of a cache for which its columns are written. */
export interface ColumnsOf {
  /** Its entries, in the order of their rows. */
  readonly arrays: Arrays;
  readonly place: StorePlace;
  /** Stamp of the cache. */
  readonly stamp: string;
}

/** Writes the columns of a cache whose index is in the same folder. @throws UserError where the disk refuses. */
export const writeColumns = async (folder: string, { arrays, place, stamp }: ColumnsOf): Promise<void> => {
  const { bytes, modified, taken, rows, ends, hashes, paths } = arrays;
  if (paths.length > MOST_PATHS) return;
  const crc = await crcOfIndex(folder, place.byte);
  const header: Header = { ...place, stamp, crc: crc ?? 0, size: rows.length, paths: paths.length };
  await writeAtomically(join(folder, cacheFiles.columns), async (append) => {
    await append(Buffer.from(`${MAGIC}${JSON.stringify(header)}`.padEnd(HEAD)));
    for (const column of [bytes, modified, taken, rows, ends, hashes, paths]) await append(bytesOf(column));
  });
};

/** CRC-32 of the last bytes of the index before a place; undefined where it does not go as far. */
const crcOfIndex = async (folder: string, byte: number): Promise<number | undefined> => {
  const handle = await openCurrent(join(folder, cacheFiles.index));
  if (!handle) return undefined;
  try {
    const begin = Math.max(0, byte - TAIL);
    const tail = Buffer.alloc(byte - begin);
    return (await readUpTo(handle, tail, begin)) === tail.length ? crc32(tail) : undefined;
  } finally {
    await handle.close();
  }
};

/**
 * Reads the columns of a cache.
 *
 * @returns undefined where there are none, or those of another index; `cut` where the index no longer goes as far as they
 *   do.
 */
export const readColumns = async (folder: string, stamp: string): Promise<StoredColumns | 'cut' | undefined> => {
  const path = join(folder, cacheFiles.columns);
  const handle = await openCurrent(path).catch((error: unknown) => {
    throw readError(path, error);
  });
  if (!handle) return undefined;
  try {
    const header = await readHeader(handle);
    if (header?.stamp !== stamp) return undefined;
    const crc = await crcOfIndex(folder, header.byte);
    if (crc !== header.crc) return crc === undefined ? 'cut' : undefined;
    const { byte, line, end } = header;
    const { buffer } = await readBytes(handle, { offset: HEAD, length: ENTRY * header.size + header.paths }, path);
    const arrays = arraysIn(buffer, 0, header);
    return { ...columnsOf(arrays), arrays, place: { byte, line, end } };
  } finally {
    await handle.close();
  }
};

/** The header of a file of columns; undefined where it is none, or is not whole. */
const readHeader = async (handle: FileHandle): Promise<Header | undefined> => {
  const head = Buffer.alloc(HEAD);
  await readUpTo(handle, head, 0);
  if (!head.subarray(0, MAGIC.length).equals(MAGIC)) return undefined;
  const header = parseJson(head.toString('utf8', MAGIC.length)) as Header | undefined;
  return header && (await handle.stat()).size === HEAD + ENTRY * header.size + header.paths ? header : undefined;
};
