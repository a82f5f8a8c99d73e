import { readdir, rename, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { UserError } from '../errors.ts';
import { explainDisk, makeFolder } from './disk-errors.ts';
import { takeLock } from './lock.ts';

/** Steps of making a folder. */
export interface FolderMaking<Made> {
  /** Reader of the finished parts; undefined for a new or empty folder. Throws where something else is there. */
  readonly there: () => Promise<Made | undefined>;
  /** Writes everything into the folder that it is given. What the disk refuses is explained by `makeWholeFolder`. */
  readonly write: (into: string) => Promise<Made>;
}

/**
 * Makes a folder whole or not at all: see `openUnfinishedFolder`. One that is made already stays as it is.
 *
 * @throws LockedError where another process makes it; the error of `write`, which leaves nothing.
 */
export const makeWholeFolder = async <Made>(folder: string, { there, write }: FolderMaking<Made>): Promise<Made> => {
  const before = await there();
  if (before !== undefined) return before;
  const unlock = await lockBeside(folder);
  try {
    // only now: whoever held the lock before may have made it
    const made = await there();
    if (made !== undefined) return made;
    await using unfinished = await openUnfinishedFolder(folder);
    const written = await write(unfinished.path).catch((error: unknown) => {
      throw explainDisk(folder, error);
    });
    await unfinished.finish();
    return written;
  } finally {
    await unlock();
  }
};

/**
 * Locks a folder that is not there yet, or must stay empty, by a file beside it.
 *
 * @returns a function that releases the lock.
 * @throws LockedError where another process has it.
 */
export const lockBeside = async (folder: string): Promise<() => Promise<void>> => {
  const path = resolve(folder);
  await makeFolder(dirname(path));
  return await takeLock(`${path}.lock`, folder);
};

/** A folder that has another name until it is whole; disposed of before that, it is removed. */
export interface UnfinishedFolder extends AsyncDisposable {
  /** Folder that its files are written into. */
  readonly path: string;
  /** Gives it its name. */
  readonly finish: () => Promise<void>;
}

/**
 * Opens a new or empty folder to be written: as `<folder>.partial`, so that whatever ends the process leaves no
 * incomplete one. The caller holds `lockBeside`.
 *
 * @throws UserError where the disk refuses, or the folder is a mount point, which cannot be renamed.
 */
export const openUnfinishedFolder = async (folder: string): Promise<UnfinishedFolder> => {
  const place = resolve(folder);
  const path = `${place}.partial`;
  await rm(path, { recursive: true, force: true });
  const wasThere = await moveAway(place, path, folder);
  if (!wasThere) await makeFolder(path);
  let isFinished = false;
  return {
    path,
    finish: async () => {
      await rename(path, place).catch((error: unknown) => {
        throw explainDisk(folder, error);
      });
      isFinished = true;
    },
    [Symbol.asyncDispose]: async () => {
      if (isFinished) return;
      if (!wasThere) return await rm(path, { recursive: true, force: true });
      for (const name of await readdir(path)) await rm(join(path, name), { recursive: true, force: true });
      await rename(path, place);
    },
  };
};

/** Renames an empty folder, before any work is done for it; false where there is none. */
const moveAway = (place: string, path: string, folder: string): Promise<boolean> =>
  rename(place, path).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return false;
      if (error.code !== 'EBUSY' && error.code !== 'EXDEV') throw explainDisk(folder, error);
      throw new UserError(
        `${folder}: a disk is mounted there, so it cannot be renamed once it is whole: give a folder in it, such as ${join(folder, 'data')}`,
        { cause: error },
      );
    },
  );
