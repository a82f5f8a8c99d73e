import { join } from 'node:path';
import type { PreparedImage } from '../data/batch.ts';
import type { PictureOptions } from '../data/pictures/options.ts';
import type { SizeRule } from '../data/resize.ts';
import { UserError } from '../errors.ts';
import { mapConcurrent } from '../files/map-concurrent.ts';
import type { FoundFile } from '../files/walk.ts';
import { prepareImage, readBytes, sha256Of, takenOf } from './image-files.ts';
import type { Entry } from './store/layout.ts';
import type { CacheWriter, Placeless } from './store/writer.ts';

/** State of a file beside the cache. */
export type FileState =
  | { readonly kind: 'kept' }
  /** Its bytes are cached, under another name or from another time. */
  | { readonly kind: 'renamed'; readonly entry: Entry }
  | { readonly kind: 'new'; readonly file: Placeless; readonly picture: PreparedImage }
  | { readonly kind: 'unreadable'; readonly path: string; readonly failure: UserError };

/** Options of `inspectImages`. */
export interface LookOptions extends PictureOptions {
  readonly folder: string;
  readonly rule: SizeRule;
  /** The cache, which may grow between two windows. */
  readonly cached: Pick<CacheWriter, 'entries' | 'withBytes'>;
  /** By what a file is known again: its path, size and time, or its bytes, which are then read each time. */
  readonly compare: 'time' | 'bytes';
  /** Files that are read together. */
  readonly window: number;
}

/**
 * Yields the state of every file, a window at a time, and reads the next window while the consumer works on this one.
 */
export async function* inspectImages(
  files: readonly FoundFile[],
  options: LookOptions,
): AsyncGenerator<FileState[], void, undefined> {
  const begin = (start: number): Promise<FileState[]> => {
    const looked = mapConcurrent(files.slice(start, start + options.window), (file) => look(file, options));
    // an error is thrown where this window is asked for, which may be later
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
    // a consumer that leaves early gets no further window, but nothing may run on
    await next.catch(() => undefined);
  }
}

const look = async (
  file: FoundFile,
  { folder, rule, cached, compare, pictures, maxMegapixels }: LookOptions,
): Promise<FileState> => {
  const known = cached.entries.get(file.path);
  const isSame = known?.bytes === file.bytes && known.modified === file.modified;
  if (isSame && compare === 'time') return { kind: 'kept' };
  const where = join(folder, file.path);
  try {
    const bytes = await readBytes(where);
    const placeless = { ...file, taken: await takenOf(bytes), sha256: sha256Of(bytes) };
    if (isSame && known.sha256 === placeless.sha256 && known.taken !== undefined) return { kind: 'kept' };
    const same = cached.withBytes(placeless.sha256);
    if (same) return { kind: 'renamed', entry: { ...placeless, row: same.row } };
    return {
      kind: 'new',
      file: placeless,
      picture: await prepareImage(bytes, rule, { where, pictures, maxMegapixels }),
    };
  } catch (failure) {
    if (failure instanceof UserError) return { kind: 'unreadable', path: file.path, failure };
    throw failure;
  }
};
