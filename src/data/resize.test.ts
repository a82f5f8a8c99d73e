import { describe, expect, it } from 'vitest';
import { resizedSize } from './resize.ts';

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
