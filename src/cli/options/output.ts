import { accessSync, constants, lstatSync, readdirSync, type Stats, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { counted } from '../../errors.ts';
import { checkTablePath } from '../../files/write-table.ts';
import { UserError } from '../../index.ts';

/** The address of a database without its password; a folder as it is. */
export const withoutPassword = (place: string): string =>
  place.replace(/^(postgres(?:ql)?:\/\/[^/@:]*):[^/@]*@/, '$1@');

/** Whether a place is the address of a database or a bucket, which is no folder and answers for itself. */
export const isAddress = (place: string): boolean => /^(postgres(ql)?|s3):\/\//.test(place);

/**
 * Refuses a folder that cannot be written, before any work is done for it. The address of a database is none.
 *
 * @throws UserError where a file has its name, or its parent folder permits no writing.
 */
export const checkOutputFolder = (folder: string): void => {
  if (isAddress(folder)) return;
  if (statsOf(folder)?.isDirectory() === false)
    throw new UserError(`${folder}: it is a file: give the path of a folder`);
  checkWritable(folder);
};

/**
 * Refuses a folder that cannot be written, or that holds something, before any work is done for it.
 *
 * @param own the name of a file that only a folder of the same kind has, which may be there.
 * @throws UserError as `checkOutputFolder` does, and where the folder holds files, and not `own` among them.
 */
export const checkNewFolder = (folder: string, own: string): void => {
  checkOutputFolder(folder);
  const names = statsOf(folder) ? readdirSync(folder) : [];
  if (names.length === 0 || names.includes(own)) return;
  throw new UserError(`${folder}: it holds ${counted(names.length, 'file')} already: give an empty or new folder`);
};

/**
 * Refuses a file that cannot be written, before any work is done for it.
 *
 * @throws UserError where a folder has its name, or its folder permits no writing.
 */
export const checkOutputFile = (file: string): void => {
  if (statsOf(file)?.isDirectory()) throw new UserError(`${file}: it is a folder: give the path of a file`);
  checkWritable(dirname(resolve(file)), file);
};

/** @throws UserError where a table of results, if one is wanted, cannot be written to a file of this name. */
export const checkTableFile = (file: string | undefined): void => {
  if (file === undefined) return;
  checkTablePath(file);
  checkOutputFile(file);
};

/** Undefined where nothing has this name, or a part of the path is a file. @throws UserError for a link to nothing. */
const statsOf = (path: string): Stats | undefined => {
  if (path === '') throw new UserError('the path of an output is empty: give one');
  try {
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats || !lstatSync(path, { throwIfNoEntry: false })) return stats;
    throw new UserError(`${path}: it is a link to nothing: remove it, or give another path`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOTDIR') return undefined;
    throw error;
  }
};

/** Checks the nearest folder that exists: those below it will be made. */
const checkWritable = (folder: string, path = folder): void => {
  const stats = statsOf(folder);
  if (!stats) {
    checkWritable(dirname(resolve(folder)), path);
    return;
  }
  if (!stats.isDirectory()) throw new UserError(`${path}: ${folder} is a file: give a path whose folders are folders`);
  try {
    accessSync(folder, constants.W_OK);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new UserError(`${path}: ${folder} permits no writing (${code}): give a path where you may write`, { cause });
  }
};
