import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { isPictureName } from '../../data.ts';
import { UserError } from '../../index.ts';

/**
 * Paths of images, each folder among them replaced by the images in it and below it, sorted.
 *
 * @throws UserError where a folder holds no image.
 */
export const expandFolders = (paths: readonly string[]): string[] =>
  paths.flatMap((path) => {
    if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) return [path];
    const names = readdirSync(path, { recursive: true, encoding: 'utf8' }).filter(isPictureName);
    if (names.length === 0)
      throw new UserError(
        `${path}: it holds no image: give a folder of JPEG, PNG, WebP, GIF, TIFF, AVIF, BMP or PPM files`,
      );
    return names.sort().map((name) => join(path, name));
  });

/** Letters of a command line that ONNX Runtime 1.30 stands: it matches all of it by a recursive search at its start. */
const LONGEST_COMMAND_LINE = 6000;

/**
 * Refuses a command line so long that ONNX Runtime would overflow its stack and take the process with it, on Linux.
 *
 * @throws UserError that says how to name many images shortly.
 */
export const checkCommandLine = (): void => {
  const letters = process.platform === 'linux' ? readFileSync('/proc/self/cmdline').length : 0;
  if (letters <= LONGEST_COMMAND_LINE) return;
  throw new UserError(
    `the command line has ${letters} letters, and ONNX Runtime ends the process above about 7000: give a folder of images in place of their names`,
  );
};
