import { constants } from 'node:fs';
import { type FileHandle, open, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { setTimeout } from 'node:timers/promises';
import { UserError } from '../errors.ts';
import { explainDisk } from './disk-errors.ts';
import { lockOpenFile } from './flock.ts';

/** The error of a store that another process, or another caller in this one, is writing. */
export class LockedError extends UserError {}

/**
 * Takes an exclusive lock and keeps every other writer out until it is released: in this process, in another one, and
 * in containers that share the volume. The system releases the lock of a process that ends, however it ends, so none is
 * ever left behind. The file says who holds it, for messages alone.
 *
 * @param path the lock file, made if need be and removed on release.
 * @param folder what the lock protects, for messages.
 * @returns a function that releases the lock; called again it does nothing.
 * @throws LockedError where the lock is held. UserError where the file cannot be written, or not be locked.
 */
export const takeLock = async (path: string, folder: string): Promise<() => Promise<void>> => {
  for (;;) {
    const handle = await openLockFile(path, folder);
    try {
      if (!isWindows && !(await lockOpenFile(handle.fd, folder))) throw await heldBy(handle, folder);
      // a holder removes the file as it releases the lock: whoever had opened it before has locked no file of this name
      if (await isAt(handle, path)) {
        const release = releaserOf(handle, path);
        await sign(handle).catch(async (error: unknown) => {
          await release();
          throw explainDisk(folder, error);
        });
        return release;
      }
    } catch (error) {
      await handle.close();
      throw error;
    }
    await handle.close();
  }
};

/** Milliseconds between two attempts to take a lock that another holds. */
const PAUSE = 200;

/**
 * Waits until the lock that `open` takes is free. Returns what `open` does.
 *
 * @param options.onWait called once with the message of the first refusal.
 * @param options.signal ends the waiting by throwing the reason of its abortion.
 * @throws whatever `open` throws but a LockedError.
 */
export const whenFree = async <T>(
  open: () => Promise<T>,
  { onWait, signal }: { readonly onWait?: (message: string) => void; readonly signal?: AbortSignal | undefined } = {},
): Promise<T> => {
  for (let isFirst = true; ; isFirst = false) {
    try {
      return await open();
    } catch (error) {
      if (!(error instanceof LockedError)) throw error;
      if (isFirst) onWait?.(error.message);
    }
    await setTimeout(PAUSE);
    signal?.throwIfAborted();
  }
};

const isWindows = process.platform === 'win32';
/** On Windows a file can be opened for one alone: libuv's UV_FS_O_EXLOCK. The second opening ends in EBUSY. */
const FOR_ONE_ALONE = constants.O_RDWR | constants.O_CREAT | 0x10000000;

const openLockFile = (path: string, folder: string): Promise<FileHandle> =>
  open(path, isWindows ? FOR_ONE_ALONE : 'a+').catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'EBUSY' ? lockedBy(folder) : explainDisk(folder, error);
  });

/** The file goes while it is locked: removed after, it might be the one that another process has locked by then. */
const releaserOf = (handle: FileHandle, path: string): (() => Promise<void>) => {
  let released: Promise<void> | undefined;
  const release = async (): Promise<void> => {
    // an open file has no name to remove on Windows, and the next holder may have it once it is closed
    try {
      if (!isWindows) await rm(path, { force: true });
    } finally {
      await handle.close();
    }
  };
  return () => {
    released ??= release();
    return released;
  };
};

/** Whether the open file still has this name. */
const isAt = async (handle: FileHandle, path: string): Promise<boolean> => {
  const named = await stat(path, { bigint: true }).catch(() => undefined);
  const own = await handle.stat({ bigint: true });
  return named?.ino === own.ino && named.dev === own.dev;
};

const sign = async (handle: FileHandle): Promise<void> => {
  await handle.truncate();
  await handle.appendFile(`${process.pid} ${hostname()}`);
};

const heldBy = async (handle: FileHandle, folder: string): Promise<LockedError> => {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(256), 0, 256, 0);
  const [, process, host] = /^(\d+) (\S+)$/.exec(buffer.toString('utf8', 0, bytesRead)) ?? [];
  const elsewhere = host === undefined || host === hostname() ? '' : ` (on ${host})`;
  return process === undefined ? lockedBy(folder) : lockedBy(folder, `process ${process}`, elsewhere);
};

const lockedBy = (folder: string, holder = 'another process', elsewhere = ''): LockedError =>
  new LockedError(`${folder}: ${holder} is writing it${elsewhere}: wait until it is done, or end it`);
