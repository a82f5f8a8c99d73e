import type { KeptFeatures } from '../kept-features.ts';
import type { Entry, Line } from './layout.ts';
import { type About, precisionOf, rowsOf } from './manifest.ts';
import type { Precision } from './row-format.ts';
import type { EntryTable, KnownEntries } from './table/entry-table.ts';

/** Images and numbers of a cache that its writer knows, wherever it keeps them. */
export interface KnownImages {
  /** Entries as they are now, by path. */
  readonly entries: KnownEntries;
  /** An entry of these bytes, under whatever name. */
  withBytes(sha256: string): Entry | undefined;
  /** Number that features are kept as. */
  readonly precision: Precision;
  /** Features [images, width] as they will be read. */
  asKept(features: Float32Array): KeptFeatures;
}

/** The images of a cache by path and by bytes, and how they change with the lines that are written. */
export const knownImages = (
  about: About,
  entries: EntryTable,
): { readonly known: KnownImages; readonly apply: (lines: readonly Line[]) => void } => {
  const format = rowsOf(about);
  return {
    known: {
      entries,
      withBytes: (sha256) => entries.withBytes(sha256),
      precision: precisionOf(about),
      asKept: (features) => format.kept(Uint8Array.from(format.encode(features))),
    },
    apply: (lines) => {
      for (const line of lines) entries.apply(line);
    },
  };
};

/** @throws Error where features are not of so many images. */
export const checkCount = (count: number, features: Float32Array, { width }: About): void => {
  if (features.length !== count * width)
    throw new Error(`append: ${count} rows of ${width}, but ${features.length} numbers`);
};
