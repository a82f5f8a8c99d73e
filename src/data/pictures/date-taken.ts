import { tiffDirectory } from './tiff-directory.ts';

/** Tag whose value is the place of the directory of the photograph. */
const EXIF_DIRECTORY = 0x8769;

/**
 * The time on the clock where a picture was taken, as its EXIF data say: DateTimeOriginal, else DateTimeDigitized, else
 * DateTime (EXIF 2.32, section 4.6.5), in milliseconds since 1970 as if that clock were in UTC. A time zone beside it is
 * not used, so that a picture's day is the day at its place. Undefined where there is no such date, or no real one.
 *
 * @param exif EXIF data of a file: a TIFF header and its directories, `Exif\0\0` before it or not.
 */
export const dateTaken = (exif: Uint8Array): number | undefined => {
  const isMarked = Buffer.from(exif.subarray(0, 6)).toString('latin1') === 'Exif\0\0';
  const main = tiffDirectory(exif.subarray(isMarked ? 6 : 0));
  if (!main) return undefined;
  const photo = main.inner(EXIF_DIRECTORY);
  return [photo.text(0x9003), photo.text(0x9004), main.text(0x0132)]
    .map(momentOf)
    .find((moment) => moment !== undefined);
};

const momentOf = (text: string): number | undefined => {
  const parts = /^(\d{4}):(\d\d):(\d\d) (\d\d):(\d\d):(\d\d)/.exec(text);
  if (!parts) return undefined;
  const [, year, month, day, hour, minute, second] = parts;
  const moment = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(moment) ? undefined : moment;
};
