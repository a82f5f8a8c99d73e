import { mkdir, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { UserError } from '../errors.ts';

const full = 'the disk is full, and what was there before is untouched: free some space, or write to another disk';
const locked = 'it may not be written: give a place where you may write';

/** Explanations of the errors of writing a file, by their codes. */
const explanations = new Map([
  ['ENOSPC', full],
  ['EDQUOT', full],
  ['EFBIG', 'the file would be larger than this disk or this account allows: write to another disk'],
  ['EACCES', locked],
  ['EPERM', locked],
  ['EROFS', locked],
  ['ENOENT', 'its folder does not exist: create it first'],
  ['ENOTDIR', 'its folder is a file: give another path'],
  ['EEXIST', 'it is a file: give the path of a folder'],
  ['EISDIR', 'it is a folder: give the path of a file'],
]);

/** A refusal of the disk, explained; its cause is the error of the system. */
class DiskError extends UserError {}

/**
 * Explains an error of writing `path` as a UserError; returns any other error as it is. One that is explained already,
 * for a part of what is written, is explained for the whole.
 */
export const explainDisk = (path: string, error: unknown): unknown => {
  const cause = error instanceof DiskError ? error.cause : error;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  const explanation = explanations.get(code);
  return explanation === undefined ? error : new DiskError(`${path}: ${explanation}`, { cause });
};

/** Makes a folder, and those above it, where there is none. @throws UserError where it cannot be made. */
export const makeFolder = async (path: string): Promise<void> => {
  await makeWithParents(resolve(path)).catch((error: unknown) => {
    throw isCode(error, 'ENOENT')
      ? new DiskError(`${path}: nothing can be made in ${dirname(resolve(path))}: give another path`, { cause: error })
      : explainDisk(path, error);
  });
};

/**
 * Makes a folder and those above it. Node's recursive `mkdir` never ends where the folder above is there and nothing can
 * be made in it, as in /proc and in folders of the automounter.
 */
const makeWithParents = async (path: string): Promise<void> => {
  if (await isFolder(path)) return;
  try {
    await makeOne(path);
  } catch (error) {
    const above = dirname(path);
    if (!isCode(error, 'ENOENT') || above === path) throw error;
    await makeWithParents(above);
    // whatever stands above now, it is tried once more and not again
    await makeOne(path);
  }
};

/** Makes a folder, unless another process has made it in the meantime. */
const makeOne = async (path: string): Promise<void> => {
  await mkdir(path).catch(async (error: unknown) => {
    if (!(isCode(error, 'EEXIST') && (await isFolder(path)))) throw error;
  });
};

const isFolder = async (path: string): Promise<boolean> =>
  (await stat(path).catch(() => undefined))?.isDirectory() ?? false;

const isCode = (error: unknown, code: string): boolean => (error as NodeJS.ErrnoException).code === code;

/** The error for a file that cannot be opened or read, with the system's code for the reason. */
export const readError = (path: string, cause: unknown): UserError => {
  const { code, message } = cause as NodeJS.ErrnoException;
  return new UserError(`${path}: cannot be read (${code ?? message}): check the path.`, { cause });
};
