import { bytesOf, type Data } from '../../engine/numbers.ts';
import { UserError } from '../../errors.ts';

/** How a kind of number is stored: its width in bytes, and how a buffer of it becomes numbers that graphs take. */
interface Dtype {
  readonly bytes: number;
  /** Floats of every width become float32, integers int32. Throws a UserError where a value does not fit. */
  readonly decode: (buffer: ArrayBuffer, where: string) => Data;
}

/** The kinds of number that can be written. I32 is what integers become. */
export type WrittenDtype = 'F64' | 'F32' | 'F16' | 'BF16' | 'I32';

/** Every kind of number that is read, by its name in the safetensors format. Files are little-endian, as are we. */
export const dtypes: ReadonlyMap<string, Dtype> = new Map<string, Dtype>([
  ['F64', { bytes: 8, decode: (buffer) => new Float32Array(new Float64Array(buffer)) }],
  ['F32', { bytes: 4, decode: (buffer) => new Float32Array(buffer) }],
  ['F16', { bytes: 2, decode: (buffer) => fromHalf(new Uint16Array(buffer)) }],
  ['BF16', { bytes: 2, decode: (buffer) => fromBrainFloat(new Uint16Array(buffer)) }],
  ['I64', { bytes: 8, decode: (buffer, where) => fitting(new BigInt64Array(buffer), where) }],
  ['U64', { bytes: 8, decode: (buffer, where) => fitting(new BigUint64Array(buffer), where) }],
  ['I32', { bytes: 4, decode: (buffer) => new Int32Array(buffer) }],
  ['U32', { bytes: 4, decode: (buffer, where) => fitting(new Uint32Array(buffer), where) }],
  ['I16', { bytes: 2, decode: (buffer) => new Int32Array(new Int16Array(buffer)) }],
  ['U16', { bytes: 2, decode: (buffer) => new Int32Array(new Uint16Array(buffer)) }],
  ['I8', { bytes: 1, decode: (buffer) => new Int32Array(new Int8Array(buffer)) }],
  ['U8', { bytes: 1, decode: (buffer) => new Int32Array(new Uint8Array(buffer)) }],
  ['BOOL', { bytes: 1, decode: (buffer) => new Int32Array(new Uint8Array(buffer)) }],
]);

const fitting = (wide: BigInt64Array | BigUint64Array | Uint32Array, where: string): Int32Array => {
  const narrow = new Int32Array(wide.length);
  for (let i = 0; i < wide.length; i++) {
    narrow[i] = Number(wide[i]);
    if (BigInt(narrow[i]!) !== BigInt(wide[i]!)) {
      throw new UserError(`${where}: ${wide[i]} at position ${i} does not fit 32 bits: store it as a smaller number`);
    }
  }
  return narrow;
};

/**
 * IEEE half precision to float32, exactly. The bits of a half, moved to a float32's places, are too small by 2^112;
 * one product mends that for normal and subnormal numbers alike.
 */
export const fromHalf = (halves: Uint16Array): Float32Array => {
  const floats = new Float32Array(halves.length);
  const bits = new Uint32Array(floats.buffer);
  for (let i = 0; i < halves.length; i++) {
    const half = halves[i]!;
    bits[i] = (half & 0x7fff) << 13;
    const size = floats[i]! * 2 ** 112;
    const sign = half >> 15 ? -1 : 1;
    floats[i] = sign * (size < 65536 ? size : half & 0x3ff ? Number.NaN : Number.POSITIVE_INFINITY);
  }
  return floats;
};

/** A bfloat16 is the upper half of a float32. */
export const fromBrainFloat = (halves: Uint16Array): Float32Array => {
  const bits = new Uint32Array(halves.length);
  for (let i = 0; i < halves.length; i++) bits[i] = halves[i]! << 16;
  return new Float32Array(bits.buffer);
};

/** Float32 to IEEE half precision, to the nearest, ties to even; from 65520 on it becomes infinite. */
export const toHalf = (floats: Float32Array): Uint16Array => {
  const halves = new Uint16Array(floats.length);
  const scratch = new Float32Array(1);
  const bits = new Uint32Array(scratch.buffer);
  for (let i = 0; i < floats.length; i++) {
    scratch[0] = floats[i]!;
    const sign = (bits[0]! >>> 16) & 0x8000;
    const size = Math.abs(scratch[0]);
    // The steps of float32 just above 0.5 are 2^-24, as are those of subnormal halves: adding 0.5 rounds to them.
    scratch[0] = size < 2 ** -14 ? size + 0.5 : size;
    if (!(size < 65520)) halves[i] = Number.isNaN(size) ? 0x7e00 : sign | 0x7c00;
    else if (size < 2 ** -14) halves[i] = sign | (bits[0]! - 0x3f000000);
    else halves[i] = sign | ((bits[0]! - (112 << 23) + 0xfff + ((bits[0]! >>> 13) & 1)) >>> 13);
  }
  return halves;
};

/** Float32 to bfloat16, to the nearest, ties to even. */
export const toBrainFloat = (floats: Float32Array): Uint16Array => {
  const bits = new Uint32Array(floats.buffer, floats.byteOffset, floats.length);
  const halves = new Uint16Array(floats.length);
  for (let i = 0; i < floats.length; i++) {
    const b = bits[i]!;
    halves[i] = Number.isNaN(floats[i]) ? 0x7fc0 : (b + 0x7fff + ((b >>> 16) & 1)) >>> 16;
  }
  return halves;
};

/** The bytes of `data` as `dtype`. Throws a UserError where a finite number would become infinite. */
export const encode = (data: Data, dtype: WrittenDtype, where: string): Uint8Array => {
  const stored = narrowed(data, dtype);
  if (stored instanceof Uint16Array) refuseOverflow(data, stored, `${where} as ${dtype}`);
  return bytesOf(stored);
};

const narrowed = (data: Data, dtype: WrittenDtype): Data | Uint16Array => {
  if (dtype === 'I32') return data instanceof Int32Array ? data : new Int32Array(data);
  if (dtype === 'F64') return data instanceof Float64Array ? data : new Float64Array(data);
  const floats = data instanceof Float32Array ? data : new Float32Array(data);
  if (dtype === 'F16') return toHalf(floats);
  return dtype === 'BF16' ? toBrainFloat(floats) : floats;
};

const refuseOverflow = (data: Data, halves: Uint16Array, where: string): void => {
  const exponent = where.endsWith('BF16') ? 0x7f80 : 0x7c00;
  for (let i = 0; i < halves.length; i++) {
    if ((halves[i]! & exponent) !== exponent || !Number.isFinite(data[i])) continue;
    throw new UserError(`${where}: ${data[i]} at position ${i} is too large for it: write F32`);
  }
};
