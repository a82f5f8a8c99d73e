import type { Entry } from './layout.ts';

/** Entries of a cache in columns, in the order of their rows: a million take no time to open. */
export interface Columns {
  /** Number of entries. */
  readonly size: number;
  /** Row of each, [size]; files of the same bytes have one row together. */
  readonly rows: Uint32Array;
  /** Bytes of each file, [size]. */
  readonly bytes: Float64Array;
  /** Last change of each file, in milliseconds since 1970, [size]. */
  readonly modified: Float64Array;
  /** When each picture was taken, in milliseconds since 1970, [size]; NaN where that is not known. */
  readonly taken: Float64Array;
  /** Number of those that were cached before dates were read. */
  readonly undated: number;
  readonly pathAt: (i: number) => string;
  readonly entryAt: (i: number) => Entry;
}

/** The columns one by one, as arrays. */
export interface Arrays {
  readonly bytes: Float64Array<ArrayBuffer>;
  readonly modified: Float64Array<ArrayBuffer>;
  /** NaN for a picture without a date, NEVER_READ for one that was not asked for it. */
  readonly taken: Float64Array<ArrayBuffer>;
  readonly rows: Uint32Array<ArrayBuffer>;
  /** Where the path of each entry ends among the paths. */
  readonly ends: Uint32Array<ArrayBuffer>;
  /** 32 bytes of SHA-256 an entry. */
  readonly hashes: Uint8Array<ArrayBuffer>;
  /** Paths in UTF-8, without anything between them. */
  readonly paths: Uint8Array<ArrayBuffer>;
}

/** First bytes of a file of columns. */
export const MAGIC_WORD = 'dide-ix2';
/** Date of a picture that was never read. */
export const NEVER_READ = Number.NEGATIVE_INFINITY;
/** Bytes of an entry in the columns, but for its path. */
export const ENTRY = 64;
/** Bytes of the file before its columns: the magic word, and a header of JSON filled up with spaces. */
export const HEAD = 512;

/** Gives the texts between two places of some bytes. */
export type TextsIn = (
  bytes: Uint8Array<ArrayBuffer>,
) => (encoding: 'utf8' | 'hex', begin: number, end: number) => string;

/** Columns of arrays. */
export const columnsFrom = (
  { bytes, modified, taken, rows, ends, hashes, paths }: Arrays,
  textsIn: TextsIn,
): Columns => {
  const [path, hash] = [textsIn(paths), textsIn(hashes)];
  const pathAt = (i: number): string => path('utf8', i === 0 ? 0 : ends[i - 1]!, ends[i]!);
  const entryAt = (i: number): Entry => ({
    path: pathAt(i),
    bytes: bytes[i]!,
    modified: modified[i]!,
    ...(taken[i] === NEVER_READ ? {} : { taken: Number.isNaN(taken[i]) ? null : taken[i] }),
    sha256: hash('hex', 32 * i, 32 * (i + 1)),
    row: rows[i]!,
  });
  const undated = taken.reduce((count, one) => count + Number(one === NEVER_READ), 0);
  const known = undated === 0 ? taken : taken.map((one) => (one === NEVER_READ ? Number.NaN : one));
  return { size: rows.length, rows, bytes, modified, taken: known, undated, pathAt, entryAt };
};

/** The columns in the bytes of a file, which begin at a multiple of 8. */
export const arraysIn = (
  buffer: ArrayBuffer,
  begin: number,
  { size, paths }: { readonly size: number; readonly paths: number },
): Arrays => {
  return {
    bytes: new Float64Array(buffer, begin, size),
    modified: new Float64Array(buffer, begin + 8 * size, size),
    taken: new Float64Array(buffer, begin + 16 * size, size),
    rows: new Uint32Array(buffer, begin + 24 * size, size),
    ends: new Uint32Array(buffer, begin + 28 * size, size),
    hashes: new Uint8Array(buffer, begin + 32 * size, 32 * size),
    paths: new Uint8Array(buffer, begin + ENTRY * size, paths),
  };
};
