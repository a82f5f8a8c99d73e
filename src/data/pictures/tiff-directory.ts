/** The first directory of a TIFF file, or of EXIF data, which have the same form. */
export interface TiffDirectory {
  /** Offset of a tag's value, or the value itself where it is a number of four bytes; 0 where there is no such tag. */
  readonly value: (tag: number) => number;
  /** The value of a tag that is a number of two bytes; 0 where there is no such tag. */
  readonly short: (tag: number) => number;
  /** The text of a tag, at most 32 characters; empty where there is none. */
  readonly text: (tag: number) => string;
  /** The directory whose place a tag holds; an empty one where there is none. */
  readonly inner: (tag: number) => TiffDirectory;
}

/** Longest text that is read. */
const LONGEST = 32;

/** Opens the first directory of a TIFF file; undefined where the bytes are none. Beyond their end everything is 0. */
export const tiffDirectory = (bytes: Uint8Array): TiffDirectory | undefined => {
  const tiff = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const order = tiff.toString('latin1', 0, 2);
  if (order !== 'II' && order !== 'MM') return undefined;
  const read = readerOf(tiff, order === 'II');
  return directoryAt(tiff, read, read.long(4));
};

interface Reader {
  readonly short: (at: number) => number;
  readonly long: (at: number) => number;
}

const readerOf = (tiff: Buffer, isLittle: boolean): Reader => ({
  short: (at) => (at + 2 > tiff.length ? 0 : isLittle ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at)),
  long: (at) => (at + 4 > tiff.length ? 0 : isLittle ? tiff.readUInt32LE(at) : tiff.readUInt32BE(at)),
});

const directoryAt = (tiff: Buffer, read: Reader, at: number): TiffDirectory => {
  const places = new Map<number, number>();
  const entries = at === 0 ? 0 : read.short(at);
  for (let i = 0; i < entries; i += 1) {
    const entry = at + 2 + 12 * i;
    places.set(read.short(entry), entry + 8);
  }
  const value = (tag: number): number => (places.has(tag) ? read.long(places.get(tag)!) : 0);
  return {
    value,
    short: (tag) => (places.has(tag) ? read.short(places.get(tag)!) : 0),
    text: (tag) => {
      const from = value(tag);
      return from === 0 ? '' : tiff.toString('latin1', from, from + LONGEST).split('\0')[0]!;
    },
    inner: (tag) => directoryAt(tiff, read, value(tag)),
  };
};

/** Tags of a TIFF, and values that say that its colours are YCbCr, and that its pixels are JPEGs. */
const [COMPRESSION, COLOURS] = [259, 262];
const YCBCR = 6;
const JPEGS = [6, 7];

/** Whether the pixels of a TIFF are YCbCr and no JPEGs, whose colours libtiff makes RGB: others it leaves as they are. */
export const hasBareYcbcr = (bytes: Uint8Array): boolean => {
  const tags = tiffDirectory(bytes);
  return tags !== undefined && tags.short(COLOURS) === YCBCR && !JPEGS.includes(tags.short(COMPRESSION));
};
