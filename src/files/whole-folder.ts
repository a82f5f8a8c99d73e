import { rename, rm, rmdir } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { makeFolder } from './disk-errors.ts';
import { takeLock } from './lock.ts';

/** How a folder is made. */
export interface FolderMaking<Made> {
  /** What is made already; undefined for a new or empty folder. Throws where something else is there. */
  readonly there: () => Promise<Made | undefined>;
  /** Writes everything into the folder that it is given. */
  readonly write: (into: string) => Promise<Made>;
}

/**
 * Makes a folder whole or not at all: it is written as `<folder>.partial` and renamed at the end, so that whatever ends
 * the process leaves no incomplete one. One that is made already stays as it is.
 *
 * @throws LockedError where another process makes it; the error of `write`, which leaves nothing.
 */
export const makeWholeFolder = async <Made>(folder: string, { there, write }: FolderMaking<Made>): Promise<Made> => {
  const before = await there();
  if (before !== undefined) return before;
  const unlock = await lockBeside(folder);
  try {
    // only now: whoever held the lock before may have made it
    return (await there()) ?? (await written(resolve(folder), write));
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

const written = async <Made>(path: string, write: (into: string) => Promise<Made>): Promise<Made> => {
  const beside = `${path}.partial`;
  await rm(beside, { recursive: true, force: true });
  try {
    await makeFolder(beside);
    const made = await write(beside);
    await rmdir(path).catch(() => undefined);
    await rename(beside, path);
    return made;
  } catch (error) {
    await rm(beside, { recursive: true, force: true });
    throw error;
  }
};
