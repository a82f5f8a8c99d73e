import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { PreparedImage } from '../data/batch.ts';
import { decodeImage, exifOf } from '../data/image.ts';
import { dateTaken } from '../data/pictures/date-taken.ts';
import { isPictureName } from '../data/pictures/kinds.ts';
import type { PictureOptions } from '../data/pictures/options.ts';
import type { SizeRule } from '../data/resize.ts';
import { fit } from '../data/resize.ts';
import { UserError } from '../errors.ts';
import { noticesOf } from '../files/passed-over.ts';
import { type Walked, type WalkOptions, walk } from '../files/walk.ts';

/** Images below a folder, and what else is there. */
export interface ListedImages extends Walked {
  /** Number of everything that was found. */
  readonly found: number;
}

/**
 * Lists every file below a folder that has the name of a picture, sorted by path.
 *
 * @throws UserError where there is no such folder, or no image in it.
 */
export const listImages = async (folder: string, options: Omit<WalkOptions, 'isWanted'>): Promise<ListedImages> => {
  const { files, passedOver } = await walk(folder, { ...options, isWanted: isPictureName });
  if (files.length > 0) return { files, passedOver, found: files.length + passedOver.length };
  const others = noticesOf(passedOver).map((notice) => `; ${notice}`);
  throw new UserError(
    `${folder}: there is no image in it${others.join('')}: give a folder of JPEG, PNG, WebP, GIF, TIFF, AVIF, BMP or PPM files`,
  );
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

/** When a picture was taken, in milliseconds since 1970, as its EXIF data say; null where they say nothing. */
export const takenOf = async (bytes: Uint8Array): Promise<number | null> => {
  const exif = await exifOf(bytes);
  return exif ? (dateTaken(exif) ?? null) : null;
};
