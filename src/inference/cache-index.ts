import { join } from 'node:path';
import { z } from 'zod';
import type { StoreLayout } from '../files/append-store.ts';

/** Files of a cache: its manifest, one row of float32 an image, and one line of JSON a row. */
export const cacheFiles = {
  about: 'cache.json',
  vectors: 'vectors.f32',
  index: 'index.jsonl',
  lock: 'cache.lock',
} as const;

const entrySchema = z.strictObject({
  /** Path below the images' folder, with `/` between its parts. */
  path: z.string(),
  /** Size of the file in bytes. */
  bytes: z.number(),
  /** Time of the last change of the file, in milliseconds since 1970. */
  modified: z.number(),
  /** SHA-256 of the file's bytes. */
  sha256: z.string(),
  /** Index of its row; files of the same bytes have one row together. */
  row: z.number().int().nonnegative(),
});
const lineSchema = z.union([entrySchema, z.strictObject({ path: z.string(), forgotten: z.literal(true) })]);

/** One cached image. */
export type Entry = Readonly<z.infer<typeof entrySchema>>;

/** One line of the index; a later line about the same path replaces an earlier one. */
export type Line = Entry | { readonly path: string; readonly forgotten: true };

/** The store of a cache: a row of `width` numbers an image, and lines about them. */
export const storeLayout = (folder: string, width: number): StoreLayout<Line> => ({
  data: join(folder, cacheFiles.vectors),
  index: join(folder, cacheFiles.index),
  parse: (value) => lineSchema.safeParse(value).data,
  endOf: (line) => ('forgotten' in line ? 0 : 4 * width * (line.row + 1)),
  advice: 'remove the cache and make it again',
});

/** The last entry of each path: a later line replaces an earlier one, or removes it. */
export const entriesOf = (lines: Iterable<Line>): Map<string, Entry> => {
  const entries = new Map<string, Entry>();
  for (const line of lines) applyLine(entries, line);
  return entries;
};

/** Applies one line to the entries. */
export const applyLine = (entries: Map<string, Entry>, line: Line): void => {
  if ('forgotten' in line) entries.delete(line.path);
  else entries.set(line.path, line);
};
