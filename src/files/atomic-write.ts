import { randomBytes } from 'node:crypto';
import { type FileHandle, open, readdir, realpath, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { explainDisk } from './disk-errors.ts';

/** Appends bytes to the file that is being written. */
export type Append = (bytes: Uint8Array) => Promise<void>;

/**
 * Writes a file whole or not at all: no reader, crash or full disk ever leaves half of it.
 *
 * The bytes go to `path.<random>.tmp` beside it, are synced to the disk, and only then take the name. Where anything
 * fails, the temporary file is removed and whatever was at `path` is untouched.
 *
 * @throws UserError where the disk refuses.
 */
export const writeAtomically = async (path: string, write: (append: Append) => Promise<void>): Promise<void> => {
  try {
    const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
    const handle = await open(temporary, 'wx');
    try {
      await fill(handle, write);
      await rename(temporary, path);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
    await syncFolder(dirname(path));
  } catch (error) {
    throw explainDisk(path, error);
  }
};

/**
 * Writes a file that a user named, whole or not at all: of a link what it leads to, which stays where it is. A device or a
 * pipe, such as /dev/null, is written to as it is, and never replaced.
 *
 * @throws UserError where the disk refuses.
 */
export const writeOutput = async (path: string, write: (append: Append) => Promise<void>): Promise<void> => {
  const stats = await stat(path).catch(() => undefined);
  if (stats === undefined || stats.isDirectory()) return await writeAtomically(path, write);
  if (stats.isFile()) return await writeAtomically(await realpath(path), write);
  await using handle = await open(path, 'w').catch((error: unknown) => {
    throw explainDisk(path, error);
  });
  await write((bytes) => writeAll(handle, bytes));
};

/** Removes the temporary files and folders that a killed process left in a folder. No other process may be writing there. */
export const removeUnfinished = async (folder: string): Promise<void> => {
  const unfinished = (await readdir(folder)).filter((name) => /\.[0-9a-f]{12}\.tmp$/.test(name));
  await Promise.all(unfinished.map((name) => rm(join(folder, name), { recursive: true, force: true })));
};

const fill = async (handle: FileHandle, write: (append: Append) => Promise<void>): Promise<void> => {
  try {
    await write((bytes) => writeAll(handle, bytes));
    await handle.sync();
  } finally {
    await handle.close();
  }
};

/**
 * Writes all bytes, at byte `begin` or where the file is written next: one call takes at most 2 GiB, and may write fewer
 * than it was given.
 */
export const writeAll = async (handle: FileHandle, bytes: Uint8Array, begin?: number): Promise<void> => {
  const most = 2 ** 26;
  for (let done = 0; done < bytes.length; ) {
    const place = begin === undefined ? null : begin + done;
    const { bytesWritten } = await handle.write(bytes, done, Math.min(most, bytes.length - done), place);
    done += bytesWritten;
  }
};

/** Syncs a folder, so that a new name in it is on the disk. Windows does so itself, and opens no folders. */
export const syncFolder = async (folder: string): Promise<void> => {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
};
