/**
 * Windows and OS/2 bitmaps as Pillow 13 reads them: 1, 4 and 8 bits with a palette, plain or run-length encoded, 16, 24
 * and 32 bits, and channels by bit masks.
 */
import { type CheckSize, lookedUp, type Raster } from './raster.ts';

/** Sizes of the headers of the known versions; the first is OS/2's. */
const HEADERS = [12, 40, 52, 56, 64, 108, 124];

const compressions = { none: 0, rle8: 1, rle4: 2, masks: 3 } as const;

interface Header {
  readonly width: number;
  readonly height: number;
  readonly isTopDown: boolean;
  readonly bits: number;
  readonly compression: number;
  /** Offsets in bytes of the palette or the masks, and of the pixels. */
  readonly after: number;
  readonly pixels: number;
  readonly colors: number;
  /** Bytes of a colour of the palette. */
  readonly colorBytes: 3 | 4;
  /** Bits of red, green, blue and alpha in a pixel. */
  readonly masks: readonly number[];
}

const viewOf = ({ buffer, byteOffset, byteLength }: Uint8Array): DataView =>
  new DataView(buffer, byteOffset, byteLength);

/** Whether bytes begin as a bitmap file, or as a bitmap without the header of a file (.dib). */
export const isBmp = (bytes: Uint8Array): boolean =>
  bytes.length > 26 && ((bytes[0] === 0x42 && bytes[1] === 0x4d) || HEADERS.includes(viewOf(bytes).getUint32(0, true)));

/** Decodes a bitmap. @throws Error where it is damaged, or of a kind that is not known. */
export const decodeBmp = (bytes: Uint8Array, check: CheckSize): Raster => {
  const header = headerOf(bytes);
  const { width, height, bits, compression } = header;
  check(width, height);
  if (compression === compressions.rle8 || compression === compressions.rle4) {
    const indices = unpackRuns(bytes.subarray(header.pixels), header);
    return { width, height, channels: 3, data: lookedUp(flipped(indices, header), paletteOf(bytes, header)) };
  }
  const stride = 4 * Math.ceil((width * bits) / 32);
  const needed = stride * (height - 1) + Math.ceil((width * bits) / 8);
  if (bytes.length - header.pixels < needed) throw new Error(`its pixels end after ${bytes.length} bytes`);
  if (bits <= 8) {
    const indices = unpackBits(bytes, header, stride);
    return { width, height, channels: 3, data: lookedUp(flipped(indices, header), paletteOf(bytes, header)) };
  }
  return unpackColors(bytes, header, stride);
};

const headerOf = (bytes: Uint8Array): Header => {
  const view = viewOf(bytes);
  const isFile = bytes[0] === 0x42 && bytes[1] === 0x4d;
  const at = isFile ? 14 : 0;
  const size = view.getUint32(at, true);
  if (!HEADERS.includes(size) || bytes.length < at + size) throw new Error(`its header claims ${size} bytes`);
  const start = { at, size, pixels: isFile ? view.getUint32(10, true) : undefined };
  return size === 12 ? oldHeader(view, start) : newHeader(view, start);
};

interface Start {
  readonly at: number;
  readonly size: number;
  /** Absent in a bitmap without the header of a file, whose pixels follow its palette. */
  readonly pixels: number | undefined;
}

const oldHeader = (view: DataView, { at, size, pixels }: Start): Header => {
  const [width, height] = [view.getUint16(at + 4, true), view.getUint16(at + 6, true)];
  const bits = view.getUint16(at + 10, true);
  const [after, colors] = [at + size, bits <= 8 ? 2 ** bits : 0];
  const known = { width, height, bits, compression: 0, after, colors, colorBytes: 3, isTopDown: false } as const;
  return { ...known, pixels: pixels ?? after + 3 * colors, masks: masksOf(bits) };
};

const newHeader = (view: DataView, { at, size, pixels }: Start): Header => {
  const [width, rows] = [view.getUint32(at + 4, true), view.getInt32(at + 8, true)];
  const [bits, compression] = [view.getUint16(at + 14, true), view.getUint32(at + 16, true)];
  if (compression > compressions.masks)
    throw new Error(`its pixels are compressed in a way (${compression}) not known`);
  const claimed = view.getUint32(at + 32, true);
  const colors = bits > 8 ? 0 : claimed || 2 ** bits;
  if (colors > 65_536) throw new Error(`its palette claims ${colors} colours`);
  const isMasked = compression === compressions.masks;
  if (isMasked && bits <= 8) throw new Error(`it has masks for ${bits} bits`);
  const after = at + size + (isMasked && size === 40 ? 12 : 0);
  // a file that says that its pixels begin where its palette is means behind the palette
  const begin = pixels === undefined || (pixels === at + size && bits <= 8) ? after + 4 * colors : pixels;
  const count = size >= 56 ? 4 : 3;
  const masks = isMasked
    ? Array.from({ length: count }, (_, i) => view.getUint32(at + 40 + 4 * i, true))
    : masksOf(bits);
  const known = { width, height: Math.abs(rows), bits, compression, after, colors, colorBytes: 4 } as const;
  return { ...known, isTopDown: rows < 0, pixels: begin, masks: masks.some(Boolean) ? masks : masksOf(32, true) };
};

/** Masks of red, green and blue where the header has none, and of alpha. */
const masksOf = (bits: number, hasAlpha = false): readonly number[] =>
  bits === 16 ? [0x7c00, 0x3e0, 0x1f] : [0xff0000, 0xff00, 0xff, ...(hasAlpha ? [0xff000000] : [])];

const paletteOf = (bytes: Uint8Array, { after, colors, colorBytes }: Header): Uint8Array => {
  const palette = new Uint8Array(3 * colors);
  for (let i = 0; i < colors; i += 1) {
    const at = after + i * colorBytes;
    palette.set([bytes[at + 2] ?? 0, bytes[at + 1] ?? 0, bytes[at] ?? 0], 3 * i);
  }
  return palette;
};

/** Rows from the top, from rows in the order of the file. */
const flipped = (indices: Uint8Array, { width, height, isTopDown }: Header): Uint8Array => {
  if (isTopDown) return indices;
  const rows = new Uint8Array(indices.length);
  for (let y = 0; y < height; y += 1) rows.set(indices.subarray(y * width, (y + 1) * width), (height - 1 - y) * width);
  return rows;
};

/** Places in the palette from 1, 4 or 8 bits each, the highest bits first. */
const unpackBits = (bytes: Uint8Array, { width, height, bits, pixels }: Header, stride: number): Uint8Array => {
  if (![1, 4, 8].includes(bits)) throw new Error(`it has ${bits} bits a pixel`);
  const indices = new Uint8Array(width * height);
  for (let y = 0, to = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1, to += 1) {
      const byte = bytes[pixels + y * stride + ((x * bits) >> 3)]!;
      indices[to] = (byte >> (8 - bits - ((x * bits) & 7))) & (2 ** bits - 1);
    }
  }
  return indices;
};

const unpackColors = (bytes: Uint8Array, header: Header, stride: number): Raster => {
  const { width, height, bits, pixels, isTopDown } = header;
  if (![16, 24, 32].includes(bits)) throw new Error(`it has ${bits} bits a pixel`);
  const fields = header.masks.filter((mask, i) => i < 3 || mask !== 0).map(fieldOf);
  const channels = fields.length as 3 | 4;
  const data = new Uint8Array(width * height * channels);
  const step = bits / 8;
  for (let y = 0; y < height; y += 1) {
    let from = pixels + y * stride;
    let to = (isTopDown ? y : height - 1 - y) * width * channels;
    for (let x = 0; x < width; x += 1, from += step) {
      let pixel = 0;
      for (let i = step - 1; i >= 0; i -= 1) pixel = pixel * 256 + bytes[from + i]!;
      for (const { shift, most } of fields) {
        data[to] = Math.floor((((pixel >>> shift) & most) * 255) / most);
        to += 1;
      }
    }
  }
  return { width, height, channels, data };
};

/** Place and largest value of the bits of a mask. */
const fieldOf = (mask: number): { readonly shift: number; readonly most: number } => {
  const shift = mask === 0 ? 0 : 31 - Math.clz32(mask & -mask);
  const most = mask >>> shift;
  if (mask === 0 || most > 255 || (most & (most + 1)) !== 0)
    throw new Error(`its mask ${mask.toString(16)} is not known`);
  return { shift, most };
};

/** Places in the palette from runs of equal ones, and of pairs of 4 bits: rows in the order of the file. */
const unpackRuns = (bytes: Uint8Array, { width, height, compression }: Header): Uint8Array => {
  const isNibbles = compression === compressions.rle4;
  const indices = new Uint8Array(width * height);
  const take = byteReader(bytes);
  let [to, x] = [0, 0];
  const put = (some: Uint8Array): void => {
    indices.set(some.subarray(0, indices.length - to), to);
    [to, x] = [to + some.length, x + some.length];
  };
  while (to < indices.length) {
    const [length, value] = take(2) as unknown as [number, number];
    if (length > 0) put(repeated(value, Math.min(length, width - x), isNibbles));
    else if (value === marks.endOfImage) break;
    else if (value === marks.endOfLine) to = Math.ceil(to / width) * width;
    else if (value === marks.move) {
      const [right, up] = take(2) as unknown as [number, number];
      to += right + up * width;
    } else put(literal(take, value, isNibbles));
    if (length === 0 && value <= marks.move) x = to % width;
  }
  if (to < indices.length) throw new Error(`its runs end after ${to} of ${indices.length} pixels`);
  return indices;
};

/** Second bytes of a run of no pixels; greater ones count pixels that follow one by one. */
const marks = { endOfLine: 0, endOfImage: 1, move: 2 } as const;

/** Takes the next bytes, so many each time. @throws Error where there are fewer. */
const byteReader = (bytes: Uint8Array): ((count: number) => Uint8Array) => {
  let at = 0;
  return (count) => {
    if (at + count > bytes.length) throw new Error('its runs end early');
    at += count;
    return bytes.subarray(at - count, at);
  };
};

/** One place of the palette again and again, or two of 4 bits by turns. */
const repeated = (value: number, length: number, isNibbles: boolean): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => (isNibbles ? nibbleOf(value, i) : value));

/** Places that follow one by one, padded to an even number of bytes. */
const literal = (take: (count: number) => Uint8Array, length: number, isNibbles: boolean): Uint8Array => {
  const count = isNibbles ? Math.ceil(length / 2) : length;
  const bytes = take(count);
  if (count % 2 === 1) take(1);
  return isNibbles ? Uint8Array.from({ length }, (_, i) => nibbleOf(bytes[i >> 1]!, i)) : bytes;
};

const nibbleOf = (byte: number, place: number): number => (place % 2 === 0 ? byte >> 4 : byte & 15);
