/**
 * The time on the clock where a picture was taken, as its EXIF data say: DateTimeOriginal, else DateTimeDigitized, else
 * DateTime (EXIF 2.32, section 4.6.5), in milliseconds since 1970 as if that clock were in UTC. A time zone beside it is
 * not used, so that a picture's day is the day at its place. Undefined where there is no such date, or no real one.
 *
 * @param exif EXIF data of a file: a TIFF header and its directories, `Exif\0\0` before it or not.
 */
export const dateTaken = (exif: Uint8Array): number | undefined => {
  const bytes = Buffer.from(exif.buffer, exif.byteOffset, exif.length);
  const tiff = bytes.subarray(bytes.toString('latin1', 0, 6) === 'Exif\0\0' ? 6 : 0);
  const order = tiff.toString('latin1', 0, 2);
  if (order !== 'II' && order !== 'MM') return undefined;
  const read = readerOf(tiff, order === 'II');
  const main = directoryAt(read, read.long(4));
  const photo = directoryAt(read, main.get(EXIF_DIRECTORY) ?? 0);
  for (const [directory, date] of [
    [photo, 0x9003],
    [photo, 0x9004],
    [main, 0x0132],
  ] as const) {
    const moment = momentOf(textAt(tiff, directory, date));
    if (moment !== undefined) return moment;
  }
  return undefined;
};

/** Tag whose value is the place of the directory of the photograph. */
const EXIF_DIRECTORY = 0x8769;

/** Reads numbers in one byte order; 0 beyond the end, where no damaged file may lead. */
interface Reader {
  readonly short: (at: number) => number;
  readonly long: (at: number) => number;
}

const readerOf = (tiff: Buffer, isLittle: boolean): Reader => ({
  short: (at) => (at + 2 > tiff.length ? 0 : isLittle ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at)),
  long: (at) => (at + 4 > tiff.length ? 0 : isLittle ? tiff.readUInt32LE(at) : tiff.readUInt32BE(at)),
});

/** Where the values of a directory are, or the values that fit there, by tag. */
const directoryAt = ({ short, long }: Reader, at: number): Map<number, number> => {
  const found = new Map<number, number>();
  if (at === 0) return found;
  for (let i = 0; i < short(at); i += 1) {
    const entry = at + 2 + 12 * i;
    found.set(short(entry), long(entry + 8));
  }
  return found;
};

/** Longest text that is a date. */
const LONGEST = 32;

const textAt = (tiff: Buffer, directory: ReadonlyMap<number, number>, tag: number): string => {
  const at = directory.get(tag) ?? 0;
  return at === 0 ? '' : tiff.toString('latin1', at, at + LONGEST).split('\0')[0]!;
};

const momentOf = (text: string): number | undefined => {
  const parts = /^(\d{4}):(\d\d):(\d\d) (\d\d):(\d\d):(\d\d)/.exec(text);
  if (!parts) return undefined;
  const [, year, month, day, hour, minute, second] = parts;
  const moment = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(moment) ? undefined : moment;
};
