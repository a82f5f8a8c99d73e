/** Dropout masks in plain JavaScript: the definition, and the fallback where WebAssembly SIMD is missing. */
import { type Key, philox } from './philox.ts';

const TWO_TO_MINUS_32 = 2 ** -32;

/** Elements that one Philox block decides, a byte each. */
export const BLOCK = 16;

/** The numbers that define a mask. */
export interface MaskRule {
  readonly key: Key;
  /** Bits of the float32 that marks a kept element, 1 / keep. */
  readonly kept: number;
  /** Bytes below it keep their element, bytes above it drop it; at this one, further bits decide. 256: all are kept. */
  readonly byte: number;
  /** Probability that an element whose byte is `byte` is kept. */
  readonly chance: number;
}

/** The bits of the float32 nearest to a number. */
const bitsOf = (number: number): number => new Int32Array(Float32Array.of(number).buffer)[0]!;

/** The rule of a mask that keeps each element with probability `keep`. */
export const maskRule = (key: Key, keep: number): MaskRule => {
  const byte = Math.floor(keep * 256);
  return { key, kept: bitsOf(1 / keep), byte, chance: keep * 256 - byte };
};

/** Whether any of the four bytes of a word is zero (a borrow runs into a byte's top bit only from a zero). */
const hasZeroByte = (word: number): boolean => ((word - 0x01010101) & ~word & 0x80808080) !== 0;

const spare = new Uint32Array(4);

/**
 * Decides those of the four elements at `at` whose byte of `word` is `rule.byte`, by 32 bits each of the key's lane 1.
 */
const settle = (bits: Int32Array, at: number, word: { bits: number; number: number }, rule: MaskRule): void => {
  philox(rule.key, word.number, 1, spare);
  for (let j = 0; j < 4; j++) {
    const undecided = ((word.bits >>> (8 * j)) & 0xff) === rule.byte;
    if (undecided) bits[at + j] = spare[j]! * TWO_TO_MINUS_32 < rule.chance ? rule.kept : 0;
  }
};

/** Writes the mask over whole blocks of 16 elements, from block number `block` on. */
const maskBlocks = (bits: Int32Array, block: number, rule: MaskRule): void => {
  const { key, kept, byte } = rule;
  const pattern = Math.imul(byte, 0x01010101);
  const words = new Uint32Array(4);
  for (let i = 0; i < bits.length; i += 4) {
    if ((i & 15) === 0) philox(key, block + (i >>> 4), 0, words);
    const word = words[(i >>> 2) & 3]! | 0;
    // byte - threshold is negative where the element is kept: its sign, spread over 32 bits, lets `kept` through.
    bits[i] = (((word & 0xff) - byte) >> 31) & kept;
    bits[i + 1] = ((((word >>> 8) & 0xff) - byte) >> 31) & kept;
    bits[i + 2] = ((((word >>> 16) & 0xff) - byte) >> 31) & kept;
    bits[i + 3] = (((word >>> 24) - byte) >> 31) & kept;
    if (hasZeroByte(word ^ pattern)) settle(bits, i, { bits: word, number: 4 * block + (i >>> 2) }, rule);
  }
};

/**
 * Writes a mask into `out`, whose first element is the first of Philox block number `block`, but for the elements that
 * are written already, a multiple of 16.
 */
export const writeMask = (out: Float32Array, rule: MaskRule, { block = 0, written = 0 } = {}): void => {
  const whole = out.length - (out.length % BLOCK);
  const bits = new Int32Array(out.buffer, out.byteOffset + 4 * written, whole - written);
  maskBlocks(bits, block + written / BLOCK, rule);
  const last = new Float32Array(BLOCK);
  maskBlocks(new Int32Array(last.buffer), block + whole / BLOCK, rule);
  out.set(last.subarray(0, out.length - whole), whole);
};
