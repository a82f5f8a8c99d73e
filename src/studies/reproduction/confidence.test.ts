import { describe, expect, it } from 'vitest';
import { meanWithInterval } from './confidence.ts';

describe('the interval over seeds', () => {
  it('is that of Student’s t, here by hand: 1, 2, 3 has the deviation 1, so 2 ± 4.303 / √3', () => {
    const { mean, margin } = meanWithInterval([1, 2, 3]);
    expect(mean).toBe(2);
    expect(margin).toBeCloseTo(4.303 / Math.sqrt(3), 6);
  });

  it('has no width where all values are equal, and none at all where there is only one', () => {
    expect(meanWithInterval([0.5, 0.5, 0.5]).margin).toBe(0);
    expect(meanWithInterval([0.5])).toEqual({ values: [0.5], mean: 0.5 });
  });

  it('holds the true mean in about 95 of 100 samples', () => {
    // sums of twelve uniform numbers are nearly normal, and their mean is 6
    let state = 1;
    const random = (): number => {
      state = (state * 48_271) % 2_147_483_647;
      return state / 2_147_483_647;
    };
    const draw = (): number => Array.from({ length: 12 }, random).reduce((a, b) => a + b);
    const samples = Array.from({ length: 2000 }, () => meanWithInterval([draw(), draw(), draw()]));
    const holding = samples.filter(({ mean, margin }) => Math.abs(mean - 6) < margin!).length;
    expect(holding / samples.length).toBeGreaterThan(0.93);
    expect(holding / samples.length).toBeLessThan(0.97);
  });

  it('needs values', () => expect(() => meanWithInterval([])).toThrow('no values'));
});
