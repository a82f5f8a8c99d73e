/** Netpbm's bitmaps, greys and colours (P1 to P6) and grey floats (Pf), as Pillow 13 reads them. */
import { asGrey, type CheckSize, type Raster } from './raster.ts';

/** Conversion of greys of more than 8 bits to bytes: clipped at 255, or by their high byte. */
export type DeepGrey = 'clipped' | 'high-byte';

interface Header {
  readonly kind: string;
  readonly width: number;
  readonly height: number;
  /** The number that is white; of a file of floats its scale, below 0 where the floats are little-endian. */
  readonly most: number;
  /** Offset of the pixels in bytes. */
  readonly start: number;
}

/** Whether bytes begin as a file of Netpbm. */
export const isPpm = (bytes: Uint8Array): boolean =>
  /^P[1-6f][\s#]/.test(Buffer.from(bytes.subarray(0, 3)).toString('latin1'));

/** Decodes a file of Netpbm. @throws Error where it is damaged. */
export const decodePpm = (bytes: Uint8Array, check: CheckSize, deepGrey: DeepGrey): Raster => {
  const header = headerOf(bytes);
  const { kind, width, height, most } = header;
  check(width, height);
  const isColor = kind === 'P3' || kind === 'P6';
  const values = valuesOf(bytes, header, width * height * (isColor ? 3 : 1));
  const size = { width, height, channels: 3 } as const;
  if (isColor) return { ...size, data: Uint8Array.from(values, (value) => scaled(value, most, 255)) };
  return { ...size, data: asGrey(greysOf(values, header, deepGrey)) };
};

const greysOf = (values: ArrayLike<number>, { kind, most }: Header, deepGrey: DeepGrey): Uint8Array => {
  if (kind === 'P1' || kind === 'P4') return Uint8Array.from(values, (bit) => (bit ? 0 : 255));
  if (kind === 'Pf') return Uint8Array.from(values, (value) => Math.min(255, Math.max(0, value)));
  if (most <= 255) return Uint8Array.from(values, (value) => scaled(value, most, 255));
  return Uint8Array.from(values, (value) => {
    const deep = scaled(value, most, 65_535);
    return deepGrey === 'clipped' ? Math.min(255, deep) : deep >> 8;
  });
};

/** A number of `most` as one of `white`, rounded to even in the middle, as Python rounds. */
const scaled = (value: number, most: number, white: number): number => {
  if (most === white) return value;
  const exact = (value / most) * white;
  const near = Math.round(exact);
  return Math.min(white, near - exact === 0.5 && near % 2 === 1 ? near - 1 : near);
};

const headerOf = (bytes: Uint8Array): Header => {
  let at = 2;
  const word = (): string => {
    const rest = Buffer.from(bytes.subarray(at, at + 4096)).toString('latin1');
    const found = /^(?:\s|#[^\r\n]*(?=[\r\n]))*([^\s#]{1,10})(?:\s|(?=#))/.exec(rest);
    if (!found) throw new Error(`its header is not one at byte ${at}`);
    at += found[0].length;
    return found[1]!;
  };
  const kind = Buffer.from(bytes.subarray(0, 2)).toString('latin1');
  const [width, height] = [Number(word()), Number(word())];
  const most = kind === 'P1' || kind === 'P4' ? 1 : Number(word());
  const isNumber = kind === 'Pf' ? Number.isFinite(most) && most !== 0 : most > 0 && most < 65_536;
  if (!(Number.isInteger(width) && Number.isInteger(height) && width > 0 && height > 0 && isNumber))
    throw new Error(`its header says ${width} x ${height}, of ${most}`);
  return { kind, width, height, most, start: at };
};

const valuesOf = (bytes: Uint8Array, header: Header, count: number): ArrayLike<number> => {
  const { kind, most, start } = header;
  const rest = bytes.subarray(start);
  if (kind === 'P1' || kind === 'P2' || kind === 'P3') return wordsOf(rest, header, count);
  const wide = kind === 'Pf' ? 4 : most > 255 ? 2 : 1;
  const needed = kind === 'P4' ? Math.ceil(header.width / 8) * header.height : wide * count;
  if (rest.length < needed) throw new Error(`its pixels end after ${rest.length} of ${needed} bytes`);
  if (kind === 'P4') return bitsOf(rest, header);
  if (kind === 'Pf') return floatsOf(rest, header);
  return Uint16Array.from({ length: count }, (_, i) => (wide === 1 ? rest[i]! : rest[2 * i]! * 256 + rest[2 * i + 1]!));
};

/** Numbers written as text; the bits of P1 need no space between them. */
const wordsOf = (bytes: Uint8Array, { kind, most }: Header, count: number): number[] => {
  const text = Buffer.from(bytes)
    .toString('latin1')
    .replaceAll(/#[^\r\n]*/g, ' ');
  const words = text.match(kind === 'P1' ? /\S/g : /\S+/g) ?? [];
  if (words.length < count) throw new Error(`its pixels end after ${words.length} of ${count} numbers`);
  return words.slice(0, count).map((word) => {
    const value = Number(word);
    if (value >= 0 && value <= most) return value;
    throw new Error(`it has ${word.slice(0, 20)} where a number up to ${most} should be`);
  });
};

const bitsOf = (bytes: Uint8Array, { width, height }: Header): Uint16Array => {
  const stride = Math.ceil(width / 8);
  return Uint16Array.from({ length: width * height }, (_, i) => {
    const [x, y] = [i % width, Math.floor(i / width)];
    return (bytes[y * stride + (x >> 3)]! >> (7 - (x & 7))) & 1;
  });
};

/** Floats, whose rows go from the bottom to the top. */
const floatsOf = (bytes: Uint8Array, { width, height, most }: Header): number[] => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: width * height }, (_, i) => {
    const [x, y] = [i % width, height - 1 - Math.floor(i / width)];
    return view.getFloat32(4 * (y * width + x), most < 0);
  });
};
