import { join } from 'node:path';
import type { PreparedImage } from '../data/batch.ts';
import type { SizeRule } from '../data/resize.ts';
import { UserError } from '../errors.ts';
import { mapConcurrent } from '../files/map-concurrent.ts';
import type { Entry } from './cache-index.ts';
import type { Placeless } from './cache-writer.ts';
import { type ImageFile, prepareImage, readBytes, sha256Of } from './image-files.ts';

/** What a file turned out to be, beside what is cached. */
export type FileState =
  | { readonly kind: 'kept' }
  /** The same bytes are cached, under another name or from another time. */
  | { readonly kind: 'renamed'; readonly entry: Entry }
  | { readonly kind: 'new'; readonly file: Placeless; readonly picture: PreparedImage }
  | { readonly kind: 'unreadable'; readonly path: string; readonly failure: UserError };

/** What files are compared with, and how pictures are prepared. */
export interface LookOptions {
  readonly folder: string;
  readonly rule: SizeRule;
  /** What is cached, by path; it may grow between two windows. */
  readonly cached: ReadonlyMap<string, Entry>;
  /** Files that are looked at together. */
  readonly window: number;
}

/** Looks at every file, a window at a time, the next one while the consumer works on the one before. */
export async function* inspectImages(
  files: readonly ImageFile[],
  options: LookOptions,
): AsyncGenerator<FileState[], void, undefined> {
  const byBytes = new Map([...options.cached.values()].map((entry) => [entry.sha256, entry]));
  const begin = (start: number): Promise<FileState[]> => {
    const looked = mapConcurrent(files.slice(start, start + options.window), (file) => look(file, options, byBytes));
    // Its error belongs to whoever asks for this window, which may be later.
    looked.catch(() => undefined);
    return looked;
  };
  let next = begin(0);
  try {
    for (let start = 0; start < files.length; start += options.window) {
      const window = await next;
      next = begin(start + options.window);
      yield window;
    }
  } finally {
    // Whoever leaves early does not hear of the window after, but nothing may run on.
    await next.catch(() => undefined);
  }
}

const look = async (
  file: ImageFile,
  { folder, rule, cached }: LookOptions,
  byBytes: ReadonlyMap<string, Entry>,
): Promise<FileState> => {
  const known = cached.get(file.path);
  if (known?.bytes === file.bytes && known.modified === file.modified) return { kind: 'kept' };
  const where = join(folder, file.path);
  try {
    const bytes = await readBytes(where);
    const placeless = { ...file, sha256: sha256Of(bytes) };
    const same = byBytes.get(placeless.sha256);
    if (same) return { kind: 'renamed', entry: { ...placeless, row: same.row } };
    return { kind: 'new', file: placeless, picture: await prepareImage(bytes, rule, where) };
  } catch (failure) {
    if (failure instanceof UserError) return { kind: 'unreadable', path: file.path, failure };
    throw failure;
  }
};
