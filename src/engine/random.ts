/**
 * Random numbers without a state: Philox4x32-10 (Salmon, Moraes, Dror and Shaw, SC 2011) turns a key and a place into
 * bits, so the same key always gives the same numbers, in any order and on any machine. Normal deviates alone lean on
 * Math.log, Math.cos and Math.sin, whose last bit may differ between JavaScript engines.
 */

import { maskInWebAssembly } from '../kernels/dropout/dropout.ts';

/** A stream of random numbers: Philox's key in words 0 and 1, the upper half of its counter in words 2 and 3. */
export type Key = readonly [number, number, number, number];

const MULTIPLIER_0 = 0xd2511f53;
const MULTIPLIER_2 = 0xcd9e8d57;
const KEY_STEP_0 = 0x9e3779b9 | 0;
const KEY_STEP_1 = 0xbb67ae85 | 0;
const ROUNDS = 10;
const TWO_TO_MINUS_24 = 2 ** -24;
const TWO_TO_MINUS_32 = 2 ** -32;

/** The upper 32 bits of a · (high · 2^16 + low), in 16-bit halves because a double holds only 53. */
const upper = (a: number, high: number, low: number): number => {
  const a0 = a & 0xffff;
  const a1 = a >>> 16;
  const middle = (Math.imul(a1, low) + (Math.imul(a0, low) >>> 16)) | 0;
  const carry = (Math.imul(a0, high) + (middle & 0xffff)) | 0;
  return (Math.imul(a1, high) + (middle >>> 16) + (carry >>> 16)) | 0;
};

/**
 * Philox4x32-10: the four words at the counter (block, lane, key[2], key[3]) into `out`.
 *
 * One key has 2^32 lanes of 2^32 blocks each.
 */
export const philox = (key: Key, block: number, lane: number, out: Uint32Array): void => {
  let k0 = key[0] | 0;
  let k1 = key[1] | 0;
  let x0 = block | 0;
  let x1 = lane | 0;
  let x2 = key[2] | 0;
  let x3 = key[3] | 0;
  for (let round = 0; round < ROUNDS; round++) {
    const high0 = upper(x0, MULTIPLIER_0 >>> 16, MULTIPLIER_0 & 0xffff);
    const high2 = upper(x2, MULTIPLIER_2 >>> 16, MULTIPLIER_2 & 0xffff);
    const low0 = Math.imul(x0, MULTIPLIER_0);
    const low2 = Math.imul(x2, MULTIPLIER_2);
    x0 = high2 ^ x1 ^ k0;
    x1 = low2;
    x2 = high0 ^ x3 ^ k1;
    x3 = low0;
    k0 = (k0 + KEY_STEP_0) | 0;
    k1 = (k1 + KEY_STEP_1) | 0;
  }
  out[0] = x0;
  out[1] = x1;
  out[2] = x2;
  out[3] = x3;
};

const NUMBER = 1;
const STRING = 2;

/** A number or a name as words that no other number, name or sequence of them has. */
const wordsOf = (part: string | number): Uint32Array => {
  if (typeof part === 'number') {
    const [low, high] = new Uint32Array(new Float64Array([part + 0]).buffer);
    return new Uint32Array([NUMBER, 0, low!, high!]);
  }
  const words = new Uint32Array(2 + part.length + (part.length & 1));
  words[0] = STRING;
  words[1] = part.length;
  for (let i = 0; i < part.length; i++) words[2 + i] = part.charCodeAt(i);
  return words;
};

/** One step of a Davies-Meyer hash: Philox keyed with two words of the message, its input added to its output. */
const absorb = (state: Key, words: readonly [number, number]): Key => {
  const out = new Uint32Array(4);
  philox([words[0], words[1], state[2], state[3]], state[0], state[1], out);
  return [
    (out[0]! ^ state[0]) >>> 0,
    (out[1]! ^ state[1]) >>> 0,
    (out[2]! ^ state[2]) >>> 0,
    (out[3]! ^ state[3]) >>> 0,
  ];
};

/**
 * The key of the stream that a seed and a path name: `keyOf(0, 'dropout', step, 'text_encoder.3')`.
 *
 * Every part counts, with its kind: 1 and '1', or ['ab'] and ['a', 'b'], are different streams.
 * Throws when a number is not finite.
 */
export const keyOf = (seed: number, ...path: (string | number)[]): Key => {
  let key: Key = [0, 0, 0, 0];
  for (const part of [seed, ...path]) {
    if (typeof part === 'number' && !Number.isFinite(part))
      throw new Error(
        `keyOf: ${part} names no stream, in [${[seed, ...path].join(', ')}]: give finite numbers or names`,
      );
    const words = wordsOf(part);
    for (let i = 0; i < words.length; i += 2) key = absorb(key, [words[i]!, words[i + 1]!]);
  }
  return key;
};

/** Fills `out` with uniform numbers in [0, 1), multiples of 2^-24. */
export const uniform = (key: Key, out: Float32Array): Float32Array => {
  const words = new Uint32Array(4);
  for (let i = 0; i < out.length; i += 4) {
    philox(key, i >>> 2, 0, words);
    const end = Math.min(4, out.length - i);
    for (let j = 0; j < end; j++) out[i + j] = (words[j]! >>> 8) * TWO_TO_MINUS_24;
  }
  return out;
};

/** Fills `out` with normal numbers of mean 0 and the given standard deviation (Box and Muller, 1958). */
export const normal = (key: Key, out: Float32Array, deviation = 1): Float32Array => {
  const words = new Uint32Array(4);
  for (let i = 0; i < out.length; i += 2) {
    if ((i & 3) === 0) philox(key, i >>> 2, 0, words);
    // One more than the word: the logarithm never meets zero, and the longest deviate is 6.7.
    const radius = deviation * Math.sqrt(-2 * Math.log((words[i & 3]! + 1) * TWO_TO_MINUS_32));
    const angle = 2 * Math.PI * TWO_TO_MINUS_32 * words[(i & 3) + 1]!;
    out[i] = radius * Math.cos(angle);
    if (i + 1 < out.length) out[i + 1] = radius * Math.sin(angle);
  }
  return out;
};

/** The 32-bit words of a stream, one by one. */
const wordStream = (key: Key): (() => number) => {
  const words = new Uint32Array(4);
  let drawn = 0;
  return () => {
    // The lane counts what the block's 32 bits no longer hold.
    if ((drawn & 3) === 0) philox(key, Math.floor(drawn / 4), Math.floor(drawn / 2 ** 34), words);
    return words[drawn++ & 3]!;
  };
};

/** A stream of uniform numbers in [0, 1), multiples of 2^-32, for whoever draws them one by one. */
export const generator = (key: Key): (() => number) => {
  const word = wordStream(key);
  return () => word() * TWO_TO_MINUS_32;
};

/** An integer in [0, below), every one equally likely: words that would favour the small ones are drawn again. */
const integerBelow = (word: () => number, below: number): number => {
  const limit = 2 ** 32 - (2 ** 32 % below);
  let drawn = word();
  while (drawn >= limit) drawn = word();
  return drawn % below;
};

/** The numbers 0 to length - 1 in a random order (Fisher and Yates; every order equally likely). */
export const permutation = (key: Key, length: number): Uint32Array => {
  const word = wordStream(key);
  const order = Uint32Array.from({ length }, (_, i) => i);
  for (let i = length - 1; i > 0; i--) {
    const j = integerBelow(word, i + 1);
    const moved = order[i]!;
    order[i] = order[j]!;
    order[j] = moved;
  }
  return order;
};

/** Whether any of the four bytes of a word is zero (a borrow runs into a byte's top bit only from a zero). */
const hasZeroByte = (word: number): boolean => ((word - 0x01010101) & ~word & 0x80808080) !== 0;

/** The bits of the float32 nearest to a number. */
const bitsOf = (number: number): number => new Int32Array(Float32Array.of(number).buffer)[0]!;

/** A dropout mask's numbers: what is kept, as bits; the byte that decides nothing, and the chance that it leaves. */
const maskOf = (key: Key, keep: number) => {
  const byte = Math.floor(keep * 256);
  return { key, kept: bitsOf(1 / keep), byte, chance: keep * 256 - byte, spare: new Uint32Array(4) };
};

type Mask = ReturnType<typeof maskOf>;

/** Decides the four elements at `at` whose byte of `word` decides nothing, by 32 bits each of the key's second lane. */
const settle = (bits: Int32Array, at: number, word: { bits: number; number: number }, mask: Mask): void => {
  philox(mask.key, word.number, 1, mask.spare);
  for (let j = 0; j < 4; j++) {
    const undecided = ((word.bits >>> (8 * j)) & 0xff) === mask.byte;
    if (undecided) bits[at + j] = mask.spare[j]! * TWO_TO_MINUS_32 < mask.chance ? mask.kept : 0;
  }
};

/** The mask over whole blocks of 16 elements, from block number `block` on. */
const maskBlocks = (bits: Int32Array, block: number, mask: Mask): void => {
  const { key, kept, byte } = mask;
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
    if (hasZeroByte(word ^ pattern)) settle(bits, i, { bits: word, number: 4 * block + (i >>> 2) }, mask);
  }
};

/**
 * Fills `out` with a dropout mask: 1 / keep with probability keep, else 0.
 *
 * A byte decides 255 of 256 elements; only at the byte where the threshold lies are 32 more bits drawn, so that the
 * probability is right to 2^-40 for a quarter of the work. Throws unless 0 < keep <= 1.
 */
export const bernoulliMask = (key: Key, out: Float32Array, keep: number): Float32Array => {
  if (!(keep > 0 && keep <= 1))
    throw new Error(`bernoulliMask: keep is ${keep}: give a probability above 0, at most 1`);
  const mask = maskOf(key, keep);
  const done = maskInWebAssembly(out, mask);
  const whole = out.length - (out.length % 16);
  maskBlocks(new Int32Array(out.buffer, out.byteOffset + 4 * done, whole - done), done / 16, mask);
  const last = new Float32Array(16);
  maskBlocks(new Int32Array(last.buffer), whole / 16, mask);
  out.set(last.subarray(0, out.length - whole), whole);
  return out;
};
