import { realpath } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { isImageName } from '../../data/pictures/kinds.ts';
import { Problem } from '../problem.ts';

/** Bytes of one part of a path, as file systems have it; some more are added while a file is written. */
const LONGEST_PART = 200;
const LONGEST_PATH = 1024;

/** Letters that no path may have: those that Windows gives a meaning, orders to a terminal, and no letter at all. */
const UNWANTED = /[\\:*?"<>|\p{Cc}\p{Cs}\ufffd]/u;

/**
 * Checks the path of a new image below the folder of images: parts with `/` between them, none of which is empty,
 * hidden, or leads up, and at the end the name of an image.
 *
 * @throws Problem 400 that says what is wrong.
 */
export const checkNewPath = (path: string): void => {
  const isPlain = path
    .split('/')
    .every(
      (part) => part !== '' && !part.startsWith('.') && part === part.trim() && Buffer.byteLength(part) <= LONGEST_PART,
    );
  if (!isPlain || UNWANTED.test(path) || Buffer.byteLength(path) > LONGEST_PATH)
    throw new Problem(
      400,
      'path: give one such as holidays/beach.jpg, below the folder of images, of ordinary letters',
    );
  if (!isImageName(path))
    throw new Problem(400, 'path: its end names no kind of image that is read: give .jpg, .png, .webp, .gif or .avif');
};

/**
 * The place of an image in the folder of images, once links are followed.
 *
 * @throws Problem 404 where there is none, 403 where a link leads out of the folder.
 */
export const placeOf = async (folder: string, path: string): Promise<string> => {
  const place = await realpath(join(folder, path)).catch(() => {
    throw new Problem(404, 'the image is cached, but its file is gone');
  });
  await checkInside(folder, place);
  return place;
};

/**
 * Checks that a place, or of one that is not there yet the nearest folder above it, is in a folder, once links are
 * followed.
 *
 * @throws Problem 403 where it is not.
 */
export const checkInside = async (folder: string, place: string): Promise<void> => {
  const [root, real] = await Promise.all([realpath(folder), nearest(place)]);
  if (real === root || real.startsWith(root.endsWith(sep) ? root : root + sep)) return;
  throw new Problem(403, 'the path leads through a link out of the folder of images, which is not followed');
};

const nearest = (place: string): Promise<string> =>
  realpath(place).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT' || dirname(place) === place) throw error;
    return await nearest(dirname(place));
  });
