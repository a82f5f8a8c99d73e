import { describe, expect, it } from 'vitest';
import { cutPatches, positionWeights } from './patches.fixture.ts';
import { choosePatches } from './patches.ts';

const numbered = { width: 4, height: 2, data: Uint8Array.from({ length: 24 }, (_, i) => i) };

describe('cutPatches', () => {
  it('goes through channel, y, x within a patch and through the patches row by row', () => {
    const { patches, rows, columns } = cutPatches(numbered, 2);
    expect([rows, columns]).toEqual([1, 2]);
    const values = [...patches].map((value) => Math.round((value * 0.5 + 0.5) * 255));
    expect(values.slice(0, 12)).toEqual([0, 3, 12, 15, 1, 4, 13, 16, 2, 5, 14, 17]);
    expect(values.slice(12, 16)).toEqual([6, 9, 18, 21]);
  });

  it('brings 0, 51 and 255 to -1, -0.6 and 1', () => {
    const { patches } = cutPatches({ width: 1, height: 1, data: Uint8Array.of(0, 51, 255) }, 1);
    expect([...patches]).toEqual([-1, expect.closeTo(-0.6, 6), 1]);
  });

  it('refuses a picture that is no whole number of patches', () => {
    expect(() => cutPatches(numbered, 3)).toThrow(/4 x 2 cannot be cut into patches of 3/);
  });
});

describe('choosePatches', () => {
  it('takes all of them in raster order when they fit, random or not', () => {
    expect([...choosePatches(4)]).toEqual([0, 1, 2, 3]);
    expect([...choosePatches(4, 4, Math.random)]).toEqual([0, 1, 2, 3]);
  });

  it('takes the first ones when they do not fit and nothing random is given', () => {
    expect([...choosePatches(20, 3)]).toEqual([0, 1, 2]);
  });

  it('draws different ones in rising order, each as often as the others', () => {
    let state = 1;
    const random = (): number => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state / 2 ** 32;
    };
    const counts = new Array<number>(12).fill(0);
    for (let i = 0; i < 3000; i += 1) {
      const chosen = [...choosePatches(12, 5, random)];
      expect(chosen).toEqual([...new Set(chosen)].sort((a, b) => a - b));
      expect(chosen).toHaveLength(5);
      for (const place of chosen) counts[place]! += 1;
    }
    for (const count of counts) expect(Math.abs(count - 1250)).toBeLessThan(150);
  });
});

describe('positionWeights', () => {
  it('is the identity for a picture as large as the table', () => {
    const weights = positionWeights(3, 3, 3);
    expect([...weights]).toEqual(Array.from({ length: 81 }, (_, i) => (i % 10 === 0 ? 1 : 0)));
  });

  it.each([
    [1, 1],
    [1, 7],
    [12, 19],
    [5, 2],
  ])('has rows that sum to 1 for %i x %i', (rows, columns) => {
    const weights = positionWeights(rows, columns, 12);
    for (let i = 0; i < rows * columns; i += 1) {
      const sum = weights.subarray(i * 144, (i + 1) * 144).reduce((total, weight) => total + weight, 0);
      expect(sum).toBeCloseTo(1, 6);
    }
  });

  it('takes the first row of the table for a picture of one row, and reaches the corners otherwise', () => {
    expect(positionWeights(1, 1, 4)[0]).toBe(1);
    expect(positionWeights(7, 5, 4).at(-1)).toBe(1);
  });
});
