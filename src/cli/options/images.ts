import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Option } from 'commander';
import { isPictureName } from '../../data.ts';
import { noticesOf, type PassedOver, reasonOf } from '../../files/passed-over.ts';
import { walk } from '../../files/walk.ts';
import { UserError } from '../../index.ts';

/** Paths of images, and what was passed over in the folders that they were looked for in. */
export interface ExpandedFolders {
  readonly paths: readonly string[];
  readonly passedOver: readonly PassedOver[];
}

/**
 * Paths of images, each folder among them replaced by the pictures in it and below it, sorted.
 *
 * @throws UserError where a folder holds no picture.
 */
export const expandFolders = async (paths: readonly string[]): Promise<ExpandedFolders> => {
  const [expanded, passedOver]: [string[], PassedOver[]] = [[], []];
  for (const path of paths) {
    if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) {
      expanded.push(path);
      continue;
    }
    const found = await walk(path, { isWanted: isPictureName });
    if (found.files.length === 0)
      throw new UserError(
        `${path}: it holds no image: give a folder of JPEG, PNG, WebP, GIF, TIFF, AVIF, BMP or PPM files`,
      );
    expanded.push(...found.files.map((file) => join(path, file.path)));
    passedOver.push(...found.passedOver.map((one) => ({ ...one, path: join(path, one.path) })));
  }
  return { paths: expanded, passedOver };
};

/** `--verbose`: everything that is left out, by name. */
export const verboseOption = (): Option =>
  new Option('--verbose', 'name everything that is left out, not only the first and their number');

/** Says what was passed over: a line for each reason, or with `--verbose` for each file. */
export const tellPassedOver = (
  passedOver: readonly PassedOver[],
  say: (message: string) => void,
  { verbose }: { readonly verbose?: boolean | undefined },
): void => {
  const each = passedOver.map((one) => `passed over: ${one.path}: ${reasonOf(one)}`);
  for (const line of verbose ? each : noticesOf(passedOver)) say(line);
};

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
