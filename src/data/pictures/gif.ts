/**
 * The first frame of a GIF as Pillow 13 reads it. Its own decoder, since others give what is transparent no colour, and
 * `convert("RGB")` shows the one that the palette has for it.
 */
import { type CheckSize, lookedUp, type Raster } from './raster.ts';

interface Frame {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly isInterlaced: boolean;
  readonly palette: Uint8Array;
  /** The transparent place of the palette. */
  readonly key: number | undefined;
  /** Bits of the first codes. */
  readonly bits: number;
  readonly codes: Uint8Array;
}

/** Whether bytes begin as a GIF. */
export const isGif = (bytes: Uint8Array): boolean =>
  /^GIF8[79]a/.test(Buffer.from(bytes.subarray(0, 6)).toString('latin1'));

/** Decodes the first frame of a GIF. @throws Error where it is damaged. */
export const decodeGif = (bytes: Uint8Array, check: CheckSize): Raster => {
  const frame = firstFrame(bytes);
  const width = Math.max(wordAt(bytes, 6), frame.x + frame.width);
  const height = Math.max(wordAt(bytes, 8), frame.y + frame.height);
  check(width, height);
  const indices = new Uint8Array(width * height).fill(frame.key ?? 0);
  const pixels = decompress(frame);
  for (const [row, y] of rowsOf(frame).entries()) {
    const line = pixels.subarray(row * frame.width, (row + 1) * frame.width);
    indices.set(line, (frame.y + y) * width + frame.x);
  }
  const rgb = lookedUp(indices, frame.palette);
  return frame.key === undefined
    ? { width, height, channels: 3, data: rgb }
    : { width, height, channels: 4, data: withKey(rgb, indices, frame.key) };
};

const byteAt = (bytes: Uint8Array, at: number): number => {
  const byte = bytes[at];
  if (byte === undefined) throw new Error(`it ends after ${bytes.length} bytes`);
  return byte;
};

const wordAt = (bytes: Uint8Array, at: number): number => byteAt(bytes, at) + 256 * byteAt(bytes, at + 1);

/** Bytes of the palette that a byte of flags announces. */
const paletteBytes = (flags: number): number => (flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0);

const firstFrame = (bytes: Uint8Array): Frame => {
  const shared = bytes.subarray(13, 13 + paletteBytes(byteAt(bytes, 10)));
  let at = 13 + shared.length;
  let key: number | undefined;
  for (;;) {
    const mark = byteAt(bytes, at);
    if (mark === 0x3b) throw new Error('it has no frame');
    if (mark === 0x2c) return frameAt(bytes, at + 1, shared, key);
    const isControl = mark === 0x21 && byteAt(bytes, at + 1) === 0xf9 && byteAt(bytes, at + 2) >= 4;
    if (isControl && byteAt(bytes, at + 3) & 1) key = byteAt(bytes, at + 6);
    at = mark === 0x21 ? blocksAt(bytes, at + 2).end : at + 1;
  }
};

const frameAt = (bytes: Uint8Array, at: number, shared: Uint8Array, key: number | undefined): Frame => {
  const flags = byteAt(bytes, at + 8);
  const own = bytes.subarray(at + 9, at + 9 + paletteBytes(flags));
  const bits = byteAt(bytes, at + 9 + own.length);
  if (bits < 1 || bits > 11) throw new Error(`its codes begin with ${bits} bits`);
  const [x, y, width, height] = [0, 2, 4, 6].map((place) => wordAt(bytes, at + place)) as [
    number,
    number,
    number,
    number,
  ];
  const { codes } = blocksAt(bytes, at + 10 + own.length);
  const palette = own.length > 0 ? own : shared;
  return { x, y, width, height, isInterlaced: (flags & 64) !== 0, palette, key, bits, codes };
};

/** The bytes of a chain of blocks, up to the empty one or the end of the file. */
const blocksAt = (bytes: Uint8Array, start: number): { readonly codes: Uint8Array; readonly end: number } => {
  const blocks: Uint8Array[] = [];
  let at = start;
  for (let length = bytes[at] ?? 0; length > 0; length = bytes[at] ?? 0) {
    blocks.push(bytes.subarray(at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { codes: Buffer.concat(blocks), end: at + 1 };
};

/** The rows in the order in which a frame holds them. */
const rowsOf = ({ height, isInterlaced }: Frame): number[] => {
  const passes = isInterlaced
    ? [
        [0, 8],
        [4, 8],
        [2, 4],
        [1, 2],
      ]
    : [[0, 1]];
  return passes.flatMap(([first, step]) =>
    Array.from({ length: Math.max(0, Math.ceil((height - first!) / step!)) }, (_, i) => first! + i * step!),
  );
};

/** Longest code of the compression, in bits. */
const LONGEST_CODE = 12;

/** The places in the palette of a frame's pixels, from codes of growing length (LZW). */
const decompress = ({ width, height, bits, codes }: Frame): Uint8Array => {
  const pixels = new Uint8Array(width * height);
  const [clear, end] = [2 ** bits, 2 ** bits + 1];
  const take = codeReader(codes);
  let strings = createStrings(clear);
  let [done, previous] = [0, -1];
  while (done < pixels.length) {
    const code = take(strings.length());
    if (code === undefined || code === end) throw new Error(`its pixels end after ${done} of ${pixels.length}`);
    if (code === clear) {
      strings = createStrings(clear);
      previous = -1;
    } else {
      const text = strings.next(previous, code);
      pixels.set(text.subarray(0, pixels.length - done), done);
      done += text.length;
      previous = code;
    }
  }
  return pixels;
};

/** Reads codes of a given number of bits, the lowest first; undefined at the end. */
const codeReader = (codes: Uint8Array): ((length: number) => number | undefined) => {
  let [at, held, count] = [0, 0, 0];
  return (length) => {
    for (; count < length; count += 8, at += 1) {
      if (at >= codes.length) return undefined;
      held |= codes[at]! << count;
    }
    const code = held & (2 ** length - 1);
    held >>>= length;
    count -= length;
    return code;
  };
};

/** The strings that the codes stand for: each but the first ones is another and one more pixel. */
const createStrings = (clear: number) => {
  const before = new Uint16Array(2 ** LONGEST_CODE);
  const sizes = new Uint16Array(2 ** LONGEST_CODE).fill(1, 0, clear);
  const last = Uint8Array.from(before, (_, code) => code);
  const first = last.slice();
  let next = clear + 2;
  const textOf = (code: number): Uint8Array => {
    const text = new Uint8Array(sizes[code]!);
    for (let [one, place] = [code, text.length - 1]; place >= 0; one = before[one]!, place -= 1)
      text[place] = last[one]!;
    return text;
  };
  return {
    /** Bits of the next code. */
    length: (): number => Math.min(LONGEST_CODE, 32 - Math.clz32(next)),
    /** The string of a code, and a new one: the previous code's with its first pixel behind it. */
    next: (previous: number, code: number): Uint8Array => {
      if (code > next || (code === next && previous < 0)) throw new Error(`it has a code ${code} before its meaning`);
      const isNew = previous >= 0 && next < 2 ** LONGEST_CODE;
      if (isNew) {
        [before[next], sizes[next]] = [previous, sizes[previous]! + 1];
        last[next] = first[code === next ? previous : code]!;
        first[next] = first[previous]!;
        next += 1;
      }
      return textOf(code);
    },
  };
};

const withKey = (rgb: Uint8Array, indices: Uint8Array, key: number): Uint8Array => {
  const rgba = new Uint8Array(indices.length * 4);
  for (const [i, index] of indices.entries()) {
    rgba.set(rgb.subarray(3 * i, 3 * i + 3), 4 * i);
    rgba[4 * i + 3] = index === key ? 0 : 255;
  }
  return rgba;
};
