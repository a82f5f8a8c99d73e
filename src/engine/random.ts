/**
 * Counter-based random numbers: Philox4x32-10 turns a key and a position into bits, so the same key always gives the
 * same numbers, in any order and on any machine. Only normal deviates use Math.log, Math.cos and Math.sin, whose last
 * bit may differ between JavaScript engines.
 */
import { type Key, philox } from '../kernels/dropout/philox.ts';

export { bernoulliMask } from '../kernels/dropout/dropout.ts';
export type { Key } from '../kernels/dropout/philox.ts';

const TWO_TO_MINUS_24 = 2 ** -24;
const TWO_TO_MINUS_32 = 2 ** -32;

const NUMBER = 1;
const STRING = 2;

/** An unambiguous encoding of a number or a string as words. */
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
 * Every part counts, with its type: 1 and '1', or ['ab'] and ['a', 'b'], are different streams.
 *
 * @throws Error where a number is not finite.
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

/** A function that returns the next 32-bit word of a stream. */
const wordStream = (key: Key): (() => number) => {
  const words = new Uint32Array(4);
  let drawn = 0;
  return () => {
    // The lane counts what the block's 32 bits no longer hold.
    if ((drawn & 3) === 0) philox(key, Math.floor(drawn / 4), Math.floor(drawn / 2 ** 34), words);
    return words[drawn++ & 3]!;
  };
};

/** A function that returns the next uniform number of a stream, in [0, 1), a multiple of 2^-32. */
export const generator = (key: Key): (() => number) => {
  const word = wordStream(key);
  return () => word() * TWO_TO_MINUS_32;
};

/** A uniform integer in [0, below), without bias: words that would favour small ones are drawn again. */
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
