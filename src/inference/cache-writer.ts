import { type FileHandle, mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { bytesOf } from '../engine/numbers.ts';
import { UserError } from '../errors.ts';
import { explainDisk, writeAtomically } from '../files/atomic-write.ts';
import { cacheFiles, type Entry, type Line, readIfThere, readIndex, writtenLines } from './cache-index.ts';
import { type About, checkStudent, readAbout } from './image-cache.ts';

/** An image's entry before it has a row. */
export type Placeless = Omit<Entry, 'row'>;

/**
 * The one who may write a cache; it holds the files open and keeps other writers out until it is closed. After an error
 * close it and open another, which mends what was half written.
 */
export interface CacheWriter extends AsyncDisposable {
  /** What the cache holds now, by path. */
  readonly entries: ReadonlyMap<string, Entry>;
  /** Adds images and their rows, [images, width] in `shares`. When it returns they are on the disk. */
  append(images: readonly Placeless[], shares: Float32Array): Promise<void>;
  /** Adds lines alone: images whose row is there already, or images to forget. */
  note(lines: readonly Line[]): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens a cache for writing, makes it where there is none, and mends what a crash left: rows that no line speaks of are
 * overwritten, lines without a row go.
 *
 * @throws UserError where it is another student's, where another process writes it, or where the disk refuses.
 */
export const openCacheWriter = async (folder: string, about: About): Promise<CacheWriter> => {
  await mkdir(folder, { recursive: true }).catch((error: unknown) => rethrow(folder, error));
  const there = await readAbout(folder);
  if (there) checkStudent(folder, there, about);
  const unlock = await lock(folder);
  try {
    if (!there)
      await writeAtomically(join(folder, cacheFiles.about), (write) =>
        write(Buffer.from(`${JSON.stringify(about, null, 2)}\n`)),
      );
    return await openedWriter(folder, about.width, unlock);
  } catch (error) {
    await unlock();
    throw error;
  }
};

const openedWriter = async (folder: string, width: number, unlock: () => Promise<void>): Promise<CacheWriter> => {
  const { entries, nextRow, torn } = await readIndex(folder, width);
  const indexPath = join(folder, cacheFiles.index);
  if (torn) await writeAtomically(indexPath, (write) => write(writtenLines(entries.values())));
  const vectors = await open(join(folder, cacheFiles.vectors), 'a+').catch((error: unknown) => rethrow(folder, error));
  await vectors.truncate(nextRow * width * 4);
  const index = await open(indexPath, 'a');
  let row = nextRow;
  const note = async (lines: readonly Line[]): Promise<void> => {
    if (lines.length === 0) return;
    await appendSynced(index, writtenLines(lines), folder);
    for (const line of lines) {
      if ('forgotten' in line) entries.delete(line.path);
      else entries.set(line.path, line);
    }
  };
  const append = async (images: readonly Placeless[], shares: Float32Array): Promise<void> => {
    if (shares.length !== images.length * width)
      throw new Error(`append: ${images.length} rows of ${width}, but ${shares.length} numbers`);
    await appendSynced(vectors, bytesOf(shares), folder);
    const first = row;
    row += images.length;
    await note(images.map((image, i) => ({ ...image, row: first + i })));
  };
  const close = async (): Promise<void> => {
    await vectors.close();
    await index.close();
    await unlock();
  };
  return { entries, append, note, close, [Symbol.asyncDispose]: close };
};

const appendSynced = async (handle: FileHandle, bytes: Uint8Array, folder: string): Promise<void> => {
  try {
    await handle.appendFile(bytes);
    await handle.datasync();
  } catch (error) {
    rethrow(folder, error);
  }
};

const rethrow = (folder: string, error: unknown): never => {
  throw explainDisk(folder, error);
};

/** Two writers would give the same row to different images. A lock whose process has died is taken over. */
const lock = async (folder: string): Promise<() => Promise<void>> => {
  const path = join(folder, cacheFiles.lock);
  const owner = Number(await readIfThere(path));
  if (owner > 0 && isAlive(owner)) {
    throw new UserError(
      `${folder}: process ${owner} is writing it: wait until it is done, or remove ${cacheFiles.lock} if it is not one of ours`,
    );
  }
  await rm(path, { force: true });
  const handle = await open(path, 'wx').catch((error: unknown) => rethrow(folder, error));
  await handle.writeFile(String(process.pid));
  await handle.close();
  return () => rm(path, { force: true });
};

const isAlive = (process_: number): boolean => {
  try {
    return process.kill(process_, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
};
