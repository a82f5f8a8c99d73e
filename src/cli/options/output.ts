import { accessSync, constants, type Stats, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { UserError } from '../../index.ts';

/**
 * Refuses a folder that cannot be written, before any work is done for it.
 *
 * @throws UserError where a file has its name, or its parent folder permits no writing.
 */
export const checkOutputFolder = (folder: string): void => {
  if (statsOf(folder)?.isDirectory() === false)
    throw new UserError(`${folder}: it is a file: give the path of a folder`);
  checkWritable(folder);
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

/** Undefined where nothing has this name, or a part of the path is a file. */
const statsOf = (path: string): Stats | undefined => {
  try {
    return statSync(path, { throwIfNoEntry: false });
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
