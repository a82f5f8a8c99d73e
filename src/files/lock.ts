import { open, rm } from 'node:fs/promises';
import { basename } from 'node:path';
import { UserError } from '../errors.ts';
import { explainDisk } from './disk-errors.ts';
import { readTextIfThere } from './json.ts';

/**
 * Takes a lock file, which holds the id of its process, and keeps other processes out until it is released. The lock of
 * a process that has died is taken over.
 *
 * @param folder what the lock protects, for the message.
 * @returns a function that releases the lock.
 * @throws UserError where a living process holds the lock, or the file cannot be written.
 */
export const takeLock = async (path: string, folder: string): Promise<() => Promise<void>> => {
  const owner = Number(await readTextIfThere(path));
  if (owner > 0 && isAlive(owner)) {
    throw new UserError(
      `${folder}: process ${owner} is writing it: wait until it is done, or remove ${basename(path)} if it is not one of ours`,
    );
  }
  await rm(path, { force: true });
  try {
    const handle = await open(path, 'wx');
    await handle.writeFile(String(process.pid));
    await handle.close();
  } catch (error) {
    throw explainDisk(folder, error);
  }
  return () => rm(path, { force: true });
};

const isAlive = (processId: number): boolean => {
  try {
    return process.kill(processId, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
};
