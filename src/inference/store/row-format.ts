import { toHalf, writeHalves } from '../../checkpoints/formats/dtypes.ts';
import { bytesOf } from '../../engine/numbers.ts';
import { UserError } from '../../errors.ts';
import type { KeptFeatures } from '../kept-features.ts';

/** Number that the features of a cached image are kept as; of int8, with a scale an image. */
export type Precision = 'float32' | 'float16' | 'int8';

/** Format of the rows of a cache. */
export interface RowFormat {
  /** Name of the file of rows. */
  readonly file: string;
  /** Bytes of a row. */
  readonly bytes: number;
  /** Features [images, width] as the bytes of their rows. @throws UserError where a number does not fit. */
  readonly encode: (features: Float32Array) => Uint8Array;
  /** Rows as a graph takes them; what they share with `rows` changes with it. */
  readonly kept: (rows: Uint8Array<ArrayBuffer>) => KeptFeatures;
  /** Rows as float32, into an array of that length. */
  readonly decode: (rows: Uint8Array<ArrayBuffer>, into: Float32Array) => void;
}

/** The format of rows of `width` numbers. */
export const rowFormatOf = (precision: Precision, width: number): RowFormat => formats[precision](width);

const formats: Readonly<Record<Precision, (width: number) => RowFormat>> = {
  float32: (width) => {
    const floats = ({ buffer, byteOffset, byteLength }: Uint8Array<ArrayBuffer>): Float32Array =>
      new Float32Array(buffer, byteOffset, byteLength / 4);
    return {
      file: 'vectors.f32',
      bytes: 4 * width,
      encode: bytesOf,
      kept: (rows) => ({ kind: 'float', shares: { shape: [rows.length / (4 * width), width], data: floats(rows) } }),
      decode: (rows, into) => into.set(floats(rows)),
    };
  },
  float16: (width) => {
    const halves = ({ buffer, byteOffset, byteLength }: Uint8Array<ArrayBuffer>): Uint16Array =>
      new Uint16Array(buffer, byteOffset, byteLength / 2);
    return {
      file: 'vectors.f16',
      bytes: 2 * width,
      encode: (features) => bytesOf(toHalf(checkedForHalf(features))),
      kept: (rows) => ({ kind: 'float16', shares: { shape: [rows.length / (2 * width), width], data: halves(rows) } }),
      decode: (rows, into) => writeHalves(halves(rows), into),
    };
  },
  int8: (width) => ({
    file: 'vectors.i8',
    bytes: SCALE_BYTES + width,
    encode: (features) => encodeInt8(features, width),
    kept: (rows) => {
      const count = rows.length / (SCALE_BYTES + width);
      const shares = new Int8Array(count * width);
      const scales = new Float32Array(count);
      const { buffer, byteOffset } = rows;
      const view = new DataView(buffer, byteOffset);
      for (let row = 0, at = 0; row < count; row += 1, at += SCALE_BYTES + width) {
        scales[row] = view.getFloat32(at, true);
        shares.set(new Int8Array(buffer, byteOffset + at + SCALE_BYTES, width), row * width);
      }
      return {
        kind: 'int8',
        shares: { shape: [count, width], data: shares },
        scales: { shape: [count, 1], data: scales },
      };
    },
    decode: (rows, into) => {
      const view = new DataView(rows.buffer, rows.byteOffset, rows.byteLength);
      for (let at = 0, to = 0; at < rows.length; at += SCALE_BYTES + width) {
        const scale = view.getFloat32(at, true);
        for (let i = 0; i < width; i += 1, to += 1) into[to] = scale * view.getInt8(at + SCALE_BYTES + i);
      }
    },
  }),
};

/** Bytes before the numbers of a row of int8: its scale, a float32 with its low byte first. */
const SCALE_BYTES = 4;
/** Largest number of an int8 row: -128 is left out, so that both signs reach equally far. */
const LARGEST = 127;

const encodeInt8 = (features: Float32Array, width: number): Uint8Array => {
  const count = features.length / width;
  const bytes = new Uint8Array(count * (SCALE_BYTES + width));
  const view = new DataView(bytes.buffer);
  for (let row = 0, at = 0; row < count; row += 1, at += SCALE_BYTES + width) {
    const numbers = features.subarray(row * width, (row + 1) * width);
    let most = 0;
    for (const number of numbers) most = Math.max(most, Math.abs(number));
    const scale = Math.fround(most / LARGEST);
    view.setFloat32(at, scale, true);
    for (const [i, number] of numbers.entries())
      view.setInt8(at + SCALE_BYTES + i, scale === 0 ? 0 : Math.round(number / scale));
  }
  return bytes;
};

/** Largest number of float16, but for those that are rounded to it. */
const LARGEST_HALF = 65_504;

const checkedForHalf = (features: Float32Array): Float32Array => {
  for (const number of features) {
    if (Math.abs(number) <= LARGEST_HALF) continue;
    throw new UserError(
      `a feature of an image is ${number}, where float16 ends at ${LARGEST_HALF}: make the cache with float32 (--precision float32)`,
    );
  }
  return features;
};
