import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { compileKernels, moduleText } from '../../../scripts/build-wasm.ts';
import { bernoulliMask, keyOf, philox } from '../../engine/random.ts';
import { moduleBytes } from '../web-assembly.ts';
import { randomKernels } from './dropout.wasm.ts';

test('the committed module is what the compiler makes of src/kernels/dropout/dropout.as.ts', async () => {
  const bytes = await compileKernels('random');
  expect(moduleBytes(randomKernels)).toEqual(new Uint8Array(bytes));
  expect(readFileSync(new URL('dropout.wasm.ts', import.meta.url), 'utf8')).toBe(moduleText('random', bytes));
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
});
