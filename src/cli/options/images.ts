import { statSync } from 'node:fs';
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
