import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { bytesOf } from '../engine/numbers.ts';
import { UserError } from '../errors.ts';
import { openAppendStore } from '../files/append-store.ts';
import { writeAtomically } from '../files/atomic-write.ts';
import { explainDisk } from '../files/disk-errors.ts';
import { takeLock } from '../files/lock.ts';
import { applyLine, cacheFiles, type Entry, entriesOf, type Line, storeLayout } from './cache-index.ts';
import { type About, checkStudent, picturesOf, readAbout } from './image-cache.ts';

/** Entry of an image that has no row yet. */
export type Placeless = Omit<Entry, 'row'>;

/**
 * Writer of a cache. It holds the files open and keeps other writers out until it is closed. After an error close it
 * and open another, which mends what was half written.
 */
export interface CacheWriter extends AsyncDisposable {
  /** Entries of the cache as it is now, by path. */
  readonly entries: ReadonlyMap<string, Entry>;
  /** Adds images and their features [images, width]. When it returns they are on the disk. */
  append(images: readonly Placeless[], shares: Float32Array): Promise<void>;
  /** Adds lines alone: images whose row is there already, or images to remove. */
  note(lines: readonly Line[]): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens a cache for writing, creates it where there is none, and mends what a crash left: rows without a line are
 * overwritten, lines without a row are removed.
 *
 * @throws UserError where it is another student's, where its pictures were read otherwise, where another process writes it, or where the disk refuses.
 */
export const openCacheWriter = async (folder: string, about: About): Promise<CacheWriter> => {
  await mkdir(folder, { recursive: true }).catch((error: unknown) => rethrow(folder, error));
  const unlock = await takeLock(join(folder, cacheFiles.lock), folder);
  try {
    // only now: whoever held the lock before may have made it another student's
    const there = await readAbout(folder);
    if (there) checkOwner(folder, there, about);
    else
      await writeAtomically(join(folder, cacheFiles.about), (write) =>
        write(Buffer.from(`${JSON.stringify(about, null, 2)}\n`)),
      );
    return await openedWriter(folder, about.width, unlock);
  } catch (error) {
    await unlock();
    throw error;
  }
};

/** @throws UserError where a cache is another student's, or its pictures were read otherwise. */
const checkOwner = (folder: string, cached: About, now: About): void => {
  checkStudent(folder, cached, now);
  const [before, wanted] = [picturesOf(cached), picturesOf(now)];
  if (before === wanted) return;
  throw new UserError(
    `${folder}: its pictures were read ${before}, and are to be read ${wanted}: make another cache, or leave out pictures (--pictures)`,
  );
};

const openedWriter = async (folder: string, width: number, unlock: () => Promise<void>): Promise<CacheWriter> => {
  const store = await openAppendStore(storeLayout(folder, width), 'synced');
  const entries = entriesOf(store.lines);
  const add = async (rows: Uint8Array, lines: readonly Line[]): Promise<void> => {
    await store.append(rows, lines);
    for (const line of lines) applyLine(entries, line);
  };
  const append = async (images: readonly Placeless[], shares: Float32Array): Promise<void> => {
    if (shares.length !== images.length * width)
      throw new Error(`append: ${images.length} rows of ${width}, but ${shares.length} numbers`);
    const first = store.end / (4 * width);
    await add(
      bytesOf(shares),
      images.map((image, i) => ({ ...image, row: first + i })),
    );
  };
  const close = async (): Promise<void> => {
    await store[Symbol.asyncDispose]();
    await unlock();
  };
  return { entries, append, note: (lines) => add(new Uint8Array(), lines), close, [Symbol.asyncDispose]: close };
};

const rethrow = (folder: string, error: unknown): never => {
  throw explainDisk(folder, error);
};
