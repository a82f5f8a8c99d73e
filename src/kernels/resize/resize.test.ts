import { readFileSync } from 'node:fs';
import { describe, expect, it, test } from 'vitest';
import { compileKernels, moduleText } from '../../../scripts/build-wasm.ts';
import type { Pixels } from '../pixels.ts';
import { moduleBytes } from '../web-assembly.ts';
import { javascriptPasses } from './reference.ts';
import { resize, webAssemblyPasses } from './resize.ts';
import { resizeModule } from './resize.wasm.ts';

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
  expect(moduleBytes(resizeModule)).toEqual(new Uint8Array(bytes));
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
  const [fast, plain] = [passes, javascriptPasses].map((each) => resize(from, toWidth, toHeight, { passes: each }));
  expect([fast!.width, fast!.height]).toEqual([toWidth, toHeight]);
  expect(Buffer.compare(fast!.data, plain!.data)).toBe(0);
  expect(new Set(plain!.data).size).toBeGreaterThan(width === 1 ? 0 : 20);
});

test('a row that no band can hold goes through JavaScript', () => {
  const from = picture(700_000, 1);
  const { data } = resize(from, 64, 1);
  expect(Buffer.compare(data, resize(from, 64, 1, { passes: javascriptPasses }).data)).toBe(0);
});

describe('resize', () => {
  it('leaves its earlier results alone, although what lies between two passes shares its memory', () => {
    for (const [width, height] of [
      [48, 40],
      [64, 40],
      [48, 48],
    ] as const) {
      const { data } = resize(picture(64, 48), width, height);
      const before = data.slice();
      resize(picture(48, 64), 32, 24);
      expect(data).toEqual(before);
    }
  });

  it('leaves a picture of the right size alone', () => {
    const pixels = { width: 2, height: 2, data: new Uint8Array(12).fill(9) };
    expect(resize(pixels, 2, 2)).toBe(pixels);
  });

  it.each([[0], [1], [127], [255]])('keeps one colour (%i) in every direction', (value) => {
    const pixels = { width: 37, height: 23, data: new Uint8Array(37 * 23 * 3).fill(value) };
    for (const [width, height] of [
      [64, 32],
      [16, 16],
      [16, 64],
      [37, 48],
    ] as const) {
      const { data } = resize(pixels, width, height);
      expect(data).toHaveLength(width * height * 3);
      expect(data.every((byte) => byte === value)).toBe(true);
    }
  });

  it('cuts what the kernel overshoots to 0 and 255', () => {
    const data = Uint8Array.from({ length: 8 * 3 }, (_, i) => (i < 12 ? 0 : 255));
    const row = resize({ width: 8, height: 1, data }, 32, 1).data;
    expect([Math.min(...row), Math.max(...row)]).toEqual([0, 255]);
  });

  it('averages when it makes a picture smaller, so that fine stripes turn grey', () => {
    const data = Uint8Array.from({ length: 64 * 64 * 3 }, (_, i) => (Math.floor(i / 3) % 2) * 255);
    const middle = resize({ width: 64, height: 64, data }, 16, 16).data.subarray(396, 420);
    for (const value of middle) expect(Math.abs(value - 128)).toBeLessThan(4);
  });
});
