import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import type { PreparedImage } from '../data/batch.ts';
import { decodeImage } from '../data/image.ts';
import { isPictureName } from '../data/pictures/kinds.ts';
import type { PictureOptions } from '../data/pictures/options.ts';
import { fit } from '../data/preprocess.ts';
import type { SizeRule } from '../data/resize.ts';
import { UserError } from '../errors.ts';

/** File that has the name of a picture. */
export interface ImageFile {
  /** Path below the folder, with `/` between its parts. */
  readonly path: string;
  readonly bytes: number;
  /** Time of the last change, in milliseconds since 1970. */
  readonly modified: number;
}

/**
 * Lists every file below a folder that has the name of an image, sorted by path.
 *
 * @throws UserError where there is no such folder, or no image in it.
 */
export const listImages = async (folder: string): Promise<ImageFile[]> => {
  const found = await readdir(folder, { recursive: true, withFileTypes: true }).catch(
    (error: NodeJS.ErrnoException) => {
      throw new UserError(`${folder}: this folder cannot be read (${error.code}): check the path`, { cause: error });
    },
  );
  const named = found
    .filter((entry) => isPictureName(entry.name) && !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name));
  if (named.length === 0)
    throw new UserError(
      `${folder}: there is no image in it: give a folder of JPEG, PNG, WebP, GIF, TIFF, AVIF, BMP or PPM files`,
    );
  const files: ImageFile[] = [];
  for (const file of named.sort()) {
    const stats = await stat(file).catch(() => undefined);
    const path = relative(folder, file).split(sep).join('/');
    if (stats?.isFile()) files.push({ path, bytes: stats.size, modified: stats.mtimeMs });
  }
  return files;
};

/** Reads a file. @throws UserError where it cannot be read any more. */
export const readBytes = async (path: string): Promise<Buffer> =>
  readFile(path).catch((error: NodeJS.ErrnoException) => {
    throw new UserError(`${path}: it cannot be read (${error.code}): check its permissions`, { cause: error });
  });

export const sha256Of = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/**
 * Decodes an image and resizes it to whole patches.
 *
 * @throws UserError where the bytes are no image, or a damaged one.
 */
export const prepareImage = async (
  bytes: Uint8Array,
  rule: SizeRule,
  options: PictureOptions & { readonly where: string },
): Promise<PreparedImage> => fit(await decodeImage(bytes, options), rule);
