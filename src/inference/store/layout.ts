import { join } from 'node:path';
import type { StoreLayout } from '../../files/append-store.ts';
import { cacheFiles } from './file-names.ts';
import type { RowFormat } from './row-format.ts';

/** One cached image. */
export interface Entry {
  /** Path below the images' folder, with `/` between its parts. */
  readonly path: string;
  /** Size of the file in bytes. */
  readonly bytes: number;
  /** Time of the last change of the file, in milliseconds since 1970. */
  readonly modified: number;
  /**
   * When the picture was taken, in milliseconds since 1970, as its EXIF data say: null where they say nothing, absent
   * where the picture was cached before they were read.
   */
  readonly taken?: number | null | undefined;
  /** SHA-256 of the file's bytes. */
  readonly sha256: string;
  /** Index of its row; files of the same bytes have one row together. */
  readonly row: number;
}

/** One line of the index; a later line about the same path replaces an earlier one. */
export type Line = Entry | { readonly path: string; readonly forgotten: true };

/** The store of a cache: a row an image, and lines about them. */
export const storeLayout = (folder: string, { file, bytes }: Pick<RowFormat, 'file' | 'bytes'>): StoreLayout<Line> => ({
  data: join(folder, file),
  index: join(folder, cacheFiles.index),
  parse: parseLine,
  endOf: (line) => ('forgotten' in line ? 0 : bytes * (line.row + 1)),
  advice: 'remove the cache and make it again',
});

/**
 * A line of the index, of its JSON; undefined where it is none. By hand: a schema takes ten times as long, and a cache may
 * have a million lines.
 */
export const parseLine = (value: unknown): Line | undefined => {
  const { path, bytes, modified, taken, sha256, row, forgotten } = Object(value) as Partial<
    Entry & { forgotten: unknown }
  >;
  if (typeof path !== 'string') return undefined;
  if (forgotten === true) return { path, forgotten };
  const isEntry = typeof bytes === 'number' && typeof modified === 'number' && typeof sha256 === 'string';
  if (!isEntry || !Number.isSafeInteger(row) || row! < 0) return undefined;
  const entry = { path, bytes, modified, sha256, row: row! };
  return taken === null || typeof taken === 'number' ? { ...entry, taken } : entry;
};
