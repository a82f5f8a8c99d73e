import { randomBytes } from 'node:crypto';
import { type FileHandle, mkdir, open, readdir, rename, rm, rmdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { syncFolder } from './atomic-write.ts';
import { explainDisk } from './disk-errors.ts';

/** Folder of files that are written whole and are to take the place of those beside it. */
const PENDING = 'replacing';

/**
 * Replaces several files of a folder, all of them or none, whatever interrupts it. They are written to a folder of their
 * own; once that has its name, they count, and are moved to their places, by whoever opens the folder next if need be.
 *
 * @param write writes the new files into the folder that it is given.
 * @throws UserError where the disk refuses.
 */
export const replaceTogether = async (folder: string, write: (into: string) => Promise<void>): Promise<void> => {
  const into = join(folder, `${PENDING}.${randomBytes(6).toString('hex')}.tmp`);
  try {
    await mkdir(into);
    await write(into);
    await syncFolder(into);
    await rename(into, join(folder, PENDING));
  } catch (error) {
    await rm(into, { recursive: true, force: true });
    throw explainDisk(folder, error);
  }
  await syncFolder(folder);
  await finishReplacing(folder);
};

/** Moves files that are to replace others to their places, where somebody was stopped before that. */
export const finishReplacing = async (folder: string): Promise<void> => {
  const pending = join(folder, PENDING);
  const names = await readdir(pending).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (!names) return;
  for (const name of names) await rename(join(pending, name), join(folder, name));
  await syncFolder(folder);
  await rmdir(pending);
};

/**
 * Opens a file for reading as it is now, though others may be replacing it; undefined where there is none. The caller
 * closes it.
 */
export const openCurrent = async (path: string): Promise<FileHandle | undefined> => {
  for (const place of [join(dirname(path), PENDING, basename(path)), path]) {
    const handle = await open(place).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
      throw error;
    });
    if (handle) return handle;
  }
  return undefined;
};
