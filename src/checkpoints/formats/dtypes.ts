import { bytesOf, type Data } from '../../engine/numbers.ts';
import { UserError } from '../../errors.ts';

/** A data type of a file: its width, and its conversion to numbers that graphs take. */
interface Dtype {
  /** Bytes of a number. */
  readonly bytes: number;
  /**
   * Converts floats of every width to float32, integers to int32.
   *
   * @param name names the tensor in the error.
   * @throws UserError where an integer does not fit 32 bits.
   */
  readonly decode: (buffer: ArrayBuffer, name: string) => Data;
}

/** Data types that can be written; integers become I32. */
export type WrittenDtype = 'F64' | 'F32' | 'F16' | 'BF16' | 'I32';

/** Data types that can be read, by their names in the safetensors format. Files and this machine are little-endian. */
export const dtypes: ReadonlyMap<string, Dtype> = new Map<string, Dtype>([
  ['F64', { bytes: 8, decode: (buffer) => new Float32Array(new Float64Array(buffer)) }],
  ['F32', { bytes: 4, decode: (buffer) => new Float32Array(buffer) }],
  ['F16', { bytes: 2, decode: (buffer) => fromHalf(new Uint16Array(buffer)) }],
  ['BF16', { bytes: 2, decode: (buffer) => fromBrainFloat(new Uint16Array(buffer)) }],
  ['I64', { bytes: 8, decode: (buffer, name) => toInt32(new BigInt64Array(buffer), name) }],
  ['U64', { bytes: 8, decode: (buffer, name) => toInt32(new BigUint64Array(buffer), name) }],
  ['I32', { bytes: 4, decode: (buffer) => new Int32Array(buffer) }],
  ['U32', { bytes: 4, decode: (buffer, name) => toInt32(new Uint32Array(buffer), name) }],
  ['I16', { bytes: 2, decode: (buffer) => new Int32Array(new Int16Array(buffer)) }],
  ['U16', { bytes: 2, decode: (buffer) => new Int32Array(new Uint16Array(buffer)) }],
  ['I8', { bytes: 1, decode: (buffer) => new Int32Array(new Int8Array(buffer)) }],
  ['U8', { bytes: 1, decode: (buffer) => new Int32Array(new Uint8Array(buffer)) }],
  ['BOOL', { bytes: 1, decode: (buffer) => new Int32Array(new Uint8Array(buffer)) }],
]);

/** Integers as int32. @throws UserError where one does not fit. */
const toInt32 = (wide: BigInt64Array | BigUint64Array | Uint32Array, name: string): Int32Array => {
  const narrow = new Int32Array(wide.length);
  for (let i = 0; i < wide.length; i++) {
    narrow[i] = Number(wide[i]);
    if (BigInt(narrow[i]!) !== BigInt(wide[i]!)) {
      throw new UserError(`${name}: ${wide[i]} at position ${i} does not fit 32 bits: store it as a smaller number`);
    }
  }
  return narrow;
};

/** Converts IEEE half precision to float32, exactly. */
export const fromHalf = (halves: Uint16Array): Float32Array => {
  const floats = new Float32Array(halves.length);
  writeHalves(halves, floats);
  return floats;
};

/** Converts IEEE half precision to float32, exactly, into an array of at least that length. */
export const writeHalves = (halves: Uint16Array, floats: Float32Array): void => {
  floatOfHalf ??= tableOfHalves();
  const table = floatOfHalf;
  for (let i = 0; i < halves.length; i++) floats[i] = table[halves[i]!]!;
};

/** Every half-precision number as float32, by its bits: 256 KiB, built at first use. */
let floatOfHalf: Float32Array | undefined;

/**
 * Moves exponent and fraction to where float32 has them; a product then corrects the bias of the exponent, of subnormal
 * numbers too.
 */
const tableOfHalves = (): Float32Array => {
  const floats = new Float32Array(2 ** 16);
  const bits = new Uint32Array(floats.buffer);
  for (let half = 0; half < floats.length; half++) {
    bits[half] = (half & 0x7fff) << 13;
    const size = floats[half]! * 2 ** 112;
    const sign = half >> 15 ? -1 : 1;
    floats[half] = sign * (size < 65536 ? size : half & 0x3ff ? Number.NaN : Number.POSITIVE_INFINITY);
  }
  return floats;
};

/** Converts bfloat16, the upper half of a float32, to float32, exactly. */
export const fromBrainFloat = (halves: Uint16Array): Float32Array => {
  const bits = new Uint32Array(halves.length);
  for (let i = 0; i < halves.length; i++) bits[i] = halves[i]! << 16;
  return new Float32Array(bits.buffer);
};

/** Converts float32 to IEEE half precision: rounds to nearest, ties to even; from 65520 on to infinity. */
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

/** Converts float32 to bfloat16: rounds to nearest, ties to even. */
export const toBrainFloat = (floats: Float32Array): Uint16Array => {
  const bits = new Uint32Array(floats.buffer, floats.byteOffset, floats.length);
  const halves = new Uint16Array(floats.length);
  for (let i = 0; i < floats.length; i++) {
    const b = bits[i]!;
    halves[i] = Number.isNaN(floats[i]) ? 0x7fc0 : (b + 0x7fff + ((b >>> 16) & 1)) >>> 16;
  }
  return halves;
};

/**
 * Converts numbers to the bytes of a data type.
 *
 * @param name names the tensor in the error.
 * @throws UserError where a finite number would become infinite.
 */
export const encode = (data: Data, dtype: WrittenDtype, name: string): Uint8Array => {
  const converted = convert(data, dtype);
  if (converted instanceof Uint16Array) checkOverflow(data, converted, `${name} as ${dtype}`);
  return bytesOf(converted);
};

const convert = (data: Data, dtype: WrittenDtype): Data | Uint16Array => {
  if (dtype === 'I32') return data instanceof Int32Array ? data : new Int32Array(data);
  if (dtype === 'F64') return data instanceof Float64Array ? data : new Float64Array(data);
  const floats = data instanceof Float32Array ? data : new Float32Array(data);
  if (dtype === 'F16') return toHalf(floats);
  return dtype === 'BF16' ? toBrainFloat(floats) : floats;
};

const checkOverflow = (data: Data, halves: Uint16Array, name: string): void => {
  const exponent = name.endsWith('BF16') ? 0x7f80 : 0x7c00;
  for (let i = 0; i < halves.length; i++) {
    if ((halves[i]! & exponent) !== exponent || !Number.isFinite(data[i])) continue;
    throw new UserError(`${name}: ${data[i]} at position ${i} is too large for it: write F32`);
  }
};
