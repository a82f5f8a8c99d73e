import { describe, expect, it } from 'vitest';
import { nextScale, startingScale } from './loss-scale.ts';

describe('the scale of a loss in fp16', () => {
  it('is halved at each overflow, and doubled after 2,000 updates without one', () => {
    let scale = nextScale(nextScale(startingScale, false), false);
    expect(scale).toEqual({ factor: 2 ** 14, good: 0, skipped: 2 });
    for (let i = 0; i < 1999; i += 1) scale = nextScale(scale, true);
    expect(scale).toEqual({ factor: 2 ** 14, good: 1999, skipped: 2 });
    scale = nextScale(scale, true);
    expect(scale).toEqual({ factor: 2 ** 15, good: 0, skipped: 2 });
  });

  it('grows to no more than 2^24, where powers of two still leave float32 its digits', () => {
    const largest = { factor: 2 ** 24, good: 1999, skipped: 0 };
    expect(nextScale(largest, true).factor).toBe(2 ** 24);
  });
});
