import { join } from 'node:path';
import { z } from 'zod';
import type { StoreLayout } from '../files/append-store.ts';

/** The files of a cache: what it is, one row of float32 an image, and one line of JSON a row. */
export const cacheFiles = {
  about: 'cache.json',
  vectors: 'vectors.f32',
  index: 'index.jsonl',
  lock: 'cache.lock',
} as const;

const entrySchema = z.strictObject({
  /** Below the images' folder, with `/` between its parts. */
  path: z.string(),
  /** Size of the file. */
  bytes: z.number(),
  /** When the file was last changed, in milliseconds since 1970. */
  modified: z.number(),
  /** Of the file's bytes. */
  sha256: z.string(),
  /** Where its numbers are; files of the same bytes may share a row. */
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
