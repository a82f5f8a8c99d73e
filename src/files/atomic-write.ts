import { randomBytes } from 'node:crypto';
import { type FileHandle, open, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { UserError } from '../errors.ts';

/** Adds bytes at the end of the file that is being written. */
export type Append = (bytes: Uint8Array) => Promise<void>;

/**
 * Writes a file so that a reader, a crash or a full disk never meets half of it.
 *
 * The bytes go to `path.<random>.tmp` beside it, reach the disk, and only then take the name. When anything fails, the
 * temporary file is removed and whatever stood at `path` is untouched. Throws a UserError when the disk is the reason.
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

/** Removes what a killed process was writing into a folder. Nobody else may be writing there. */
export const removeUnfinished = async (folder: string): Promise<void> => {
  const unfinished = (await readdir(folder)).filter((name) => /\.[0-9a-f]{12}\.tmp$/.test(name));
  await Promise.all(unfinished.map((name) => rm(join(folder, name), { force: true })));
};

const fill = async (handle: FileHandle, write: (append: Append) => Promise<void>): Promise<void> => {
  try {
    await write((bytes) => appendAll(handle, bytes));
    await handle.sync();
  } finally {
    await handle.close();
  }
};

/** One write call takes at most 2 GiB and may take less than it was given. */
const appendAll = async (handle: FileHandle, bytes: Uint8Array): Promise<void> => {
  const most = 2 ** 26;
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await handle.write(bytes, done, Math.min(most, bytes.length - done));
    done += bytesWritten;
  }
};

/** The new name is on the disk when its folder is; Windows keeps names itself and opens no folder. */
const syncFolder = async (folder: string): Promise<void> => {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
};

const full = 'the disk is full, and what was there before is untouched: free some space, or write to another disk';
const locked = 'it may not be written: give a place where you may write';

/** What a file system's error means to a user, by its code. */
const meanings = new Map([
  ['ENOSPC', full],
  ['EDQUOT', full],
  ['EFBIG', 'the file would be larger than this disk or this account allows: write to another disk'],
  ['EACCES', locked],
  ['EPERM', locked],
  ['EROFS', locked],
  ['ENOENT', 'its folder does not exist: create it first'],
  ['ENOTDIR', 'its folder is a file: give another path'],
  ['EISDIR', 'it is a folder: give the path of a file'],
]);

/** Turns an error of the file system into a UserError about `path`; hands every other error back as it is. */
export const explainDisk = (path: string, error: unknown): unknown => {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const meaning = meanings.get(code);
  return meaning === undefined ? error : new UserError(`${path}: ${meaning}`, { cause: error });
};
