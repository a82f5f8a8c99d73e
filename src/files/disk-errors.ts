import { mkdir, writeFile } from 'node:fs/promises';
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

/** Explains an error of writing `path` as a UserError; returns any other error as it is. */
export const explainDisk = (path: string, error: unknown): unknown => {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const explanation = explanations.get(code);
  return explanation === undefined ? error : new UserError(`${path}: ${explanation}`, { cause: error });
};

/** Makes a folder, and those above it, where there is none. @throws UserError where it cannot be made. */
export const makeFolder = async (path: string): Promise<void> => {
  await mkdir(path, { recursive: true }).catch((error: unknown) => {
    throw explainDisk(path, error);
  });
};

/** Writes a file. @throws UserError where the disk refuses. */
export const saveFile = async (path: string, content: string | Uint8Array): Promise<void> => {
  await writeFile(path, content).catch((error: unknown) => {
    throw explainDisk(path, error);
  });
};

/** The error for a file that cannot be opened or read, with the system's code for the reason. */
export const readError = (path: string, cause: unknown): UserError => {
  const { code, message } = cause as NodeJS.ErrnoException;
  return new UserError(`${path}: cannot be read (${code ?? message}): check the path.`, { cause });
};
