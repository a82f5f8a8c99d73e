import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { compileKernels, moduleText } from '../../../scripts/build-wasm.ts';
import { keyOf } from '../../engine/random.ts';
import { moduleBytes } from '../web-assembly.ts';
import { bernoulliMask } from './dropout.ts';
import { dropoutModule } from './dropout.wasm.ts';
import { philox } from './philox.ts';
import { maskRule, writeMask } from './reference.ts';

test('the committed module is what the compiler makes of src/kernels/dropout/dropout.as.ts', async () => {
  const bytes = await compileKernels('dropout');
  expect(moduleBytes(dropoutModule)).toEqual(new Uint8Array(bytes));
  expect(readFileSync(new URL('dropout.wasm.ts', import.meta.url), 'utf8')).toBe(moduleText('dropout', bytes));
});

/** The mask element by element, as its definition says: a byte each, and 32 bits more where the byte says nothing. */
const defined = (key: ReturnType<typeof keyOf>, count: number, keep: number): Float32Array => {
  const [byte, words, spare] = [Math.floor(keep * 256), new Uint32Array(4), new Uint32Array(4)];
  return Float32Array.from({ length: count }, (_, i) => {
    const word = Math.floor(i / 4);
    philox(key, Math.floor(word / 4), 0, words);
    const drawn = (words[word % 4]! >>> (8 * (i % 4))) & 0xff;
    if (drawn !== byte) return drawn < byte ? 1 / keep : 0;
    philox(key, word, 1, spare);
    return spare[i % 4]! * 2 ** -32 < keep * 256 - byte ? 1 / keep : 0;
  });
};

test.each([
  [0.9, 40_000, 'over several chunks'],
  [0.5, 64, 'one group, no byte undecided'],
  [1 / 3, 127, 'a tail of several blocks'],
  [0.001, 4096, 'where the first byte decides nothing'],
  [0.999, 4096, 'where the last byte decides nothing'],
  [1, 4096, 'where everything is kept'],
])('a mask that keeps %f of %i is that of its definition (%s)', (keep, count) => {
  const key = keyOf(7, 'mask', count);
  const made = bernoulliMask(key, new Float32Array(count), keep);
  expect(Buffer.compare(Buffer.from(made.buffer), Buffer.from(defined(key, count, keep).buffer))).toBe(0);
  const plain = new Float32Array(count);
  writeMask(plain, maskRule(key, keep));
  expect(plain).toEqual(made);
});

const mean = (x: ArrayLike<number>): number => Array.from(x).reduce((sum, each) => sum + each, 0) / x.length;
const variance = (x: ArrayLike<number>): number => {
  const middle = mean(x);
  return mean(Array.from(x, (each) => (each - middle) ** 2));
};
const correlation = (x: ArrayLike<number>, y: ArrayLike<number>): number => {
  const [mx, my] = [mean(x), mean(y)];
  return mean(Array.from(x, (each, i) => (each - mx) * (y[i]! - my))) / Math.sqrt(variance(x) * variance(y));
};
const COUNT = 100_000;
const key = keyOf(0, 'test');

describe('bernoulliMask', () => {
  test.each([0.9, 0.5, 0.1, 0.001])('keeps with probability %f, and scales what it keeps', (keep) => {
    const mask = bernoulliMask(key, new Float32Array(COUNT), keep);
    const kept = mask.filter((each) => each !== 0);
    expect(Math.abs(kept.length / COUNT - keep)).toBeLessThan(4 * Math.sqrt((keep * (1 - keep)) / COUNT));
    expect(new Set(kept)).toEqual(new Set([Math.fround(1 / keep)]));
  });

  test('keeps everything at 1', () => {
    expect(bernoulliMask(key, new Float32Array(100), 1)).toEqual(new Float32Array(100).fill(1));
  });

  test('begins alike at every length, wherever the array lies in its buffer', () => {
    const long = bernoulliMask(key, new Float32Array(100), 0.7);
    for (const length of [0, 1, 15, 16, 33]) {
      const view = new Float32Array(new Float32Array(40).buffer, 12, length);
      expect(bernoulliMask(key, view, 0.7)).toEqual(long.subarray(0, length));
    }
  });

  test('draws a part as it stands in the whole, wherever the part begins', () => {
    const whole = bernoulliMask(key, new Float32Array(3000), 0.7);
    for (const first of [1, 16, 100, 1601, 2990]) {
      const part = bernoulliMask(key, new Float32Array(Math.min(900, 3000 - first)), 0.7, first);
      expect(part).toEqual(whole.subarray(first, first + part.length));
    }
  });

  test('draws unrelated masks for different keys', () => {
    const [x, y] = [1, 2].map((step) => bernoulliMask(keyOf(0, 'dropout', step), new Float32Array(COUNT), 0.9));
    expect(Math.abs(correlation(x!, y!))).toBeLessThan(0.015);
  });

  test('refuses a probability that is none', () => {
    expect(() => bernoulliMask(key, new Float32Array(4), 0)).toThrow('bernoulliMask: keep is 0');
    expect(() => bernoulliMask(key, new Float32Array(4), 1.1)).toThrow('bernoulliMask: keep is 1.1');
  });
});
