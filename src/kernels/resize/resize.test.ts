import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { compileKernels, moduleText } from '../../../scripts/build-wasm.ts';
import { resize } from '../../data/resize.ts';
import type { Pixels } from '../pixels.ts';
import { moduleBytes } from '../web-assembly.ts';
import { javascriptPasses } from './reference.ts';
import { webAssemblyPasses } from './resize.ts';
import { resizeKernels } from './resize.wasm.ts';

/** Noise with hard edges, so that the kernel overshoots both ends of 0..255. */
const picture = (width: number, height: number): Pixels => {
  const data = new Uint8Array(3 * width * height);
  let state = width + height;
  for (let i = 0; i < data.length; i += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    const value = state >>> 24;
    data[i] = value < 90 ? 0 : value < 180 ? 255 : state >>> 16;
  }
  return { width, height, data };
};

test('the committed module is what the compiler makes of src/kernels/resize/resize.as.ts', async () => {
  const bytes = await compileKernels('resize');
  expect(moduleBytes(resizeKernels)).toEqual(new Uint8Array(bytes));
  expect(readFileSync(new URL('resize.wasm.ts', import.meta.url), 'utf8')).toBe(moduleText('resize', bytes));
});

test.each([
  [64, 48, 32, 32, 'smaller'],
  [33, 21, 96, 64, 'larger'],
  [31, 40, 31, 17, 'in height alone, rows of no whole 16 bytes'],
  [40, 31, 17, 31, 'in width alone'],
  [64, 700, 32, 32, 'columns first'],
  [1, 1, 32, 32, 'one pixel'],
  [1000, 750, 96, 64, 'in bands of rows'],
  [96, 8000, 32, 4800, 'in bands of columns'],
])('WebAssembly and JavaScript agree to the last bit: %i x %i to %i x %i (%s)', (width, height, toWidth, toHeight) => {
  const from = picture(width, height);
  const passes = webAssemblyPasses();
  if (!passes) throw new Error('this machine runs no WebAssembly SIMD');
  const [fast, plain] = [passes, javascriptPasses].map((each) => resize(from, toWidth, toHeight, each));
  expect([fast!.width, fast!.height]).toEqual([toWidth, toHeight]);
  expect(Buffer.compare(fast!.data, plain!.data)).toBe(0);
  expect(new Set(plain!.data).size).toBeGreaterThan(width === 1 ? 0 : 20);
});

test('a row that no band can hold goes through JavaScript', () => {
  const from = picture(700_000, 1);
  const { data } = resize(from, 64, 1);
  expect(Buffer.compare(data, resize(from, 64, 1, javascriptPasses).data)).toBe(0);
});
