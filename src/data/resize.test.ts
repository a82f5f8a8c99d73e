import { describe, expect, it } from 'vitest';
import { resize, resizedSize } from './resize.ts';

const vilt = { shortest: 384, multiple: 32 };

describe('resizedSize', () => {
  it.each([
    [640, 480, 512, 384],
    [640, 427, 576, 384],
    [640, 360, 608, 352],
    [1000, 500, 608, 320],
    [384, 384, 384, 384],
    [800, 200, 608, 160],
    [1, 1, 384, 384],
  ])('%i x %i becomes %i x %i, as in ViLT', (width, height, toWidth, toHeight) => {
    expect(resizedSize({ width, height }, vilt)).toEqual({ width: toWidth, height: toHeight, clamped: false });
  });

  it.each([
    [3000, 100],
    [100, 3000],
  ])('%i x %i keeps one patch on its short side, and says so', (width, height) => {
    const size = resizedSize({ width, height }, vilt);
    expect(size.clamped).toBe(true);
    expect([size.width, size.height].sort((a, b) => a - b)).toEqual([32, 608]);
  });

  it('never gives more than 228 patches of 32', () => {
    for (let width = 100; width < 2000; width += 7) {
      const size = resizedSize({ width, height: 500 }, vilt);
      expect((size.width * size.height) / 1024).toBeLessThanOrEqual(228);
    }
  });
});

describe('resize', () => {
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
