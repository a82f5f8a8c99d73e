import { describe, expect, test } from 'vitest';
import { generator, type Key, keyOf, normal, permutation, uniform } from './random.ts';

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

describe('keyOf', () => {
  test('gives every path a key of its own', () => {
    const paths: Key[] = [
      keyOf(0),
      keyOf(1),
      keyOf(0, 0),
      keyOf(0, '0'),
      keyOf(0, ''),
      keyOf(0, 'ab'),
      keyOf(0, 'a', 'b'),
      keyOf(0, 'a\0b'),
      keyOf(0, 0.5),
      keyOf(0, 'dropout', 1, 'text_encoder.3'),
      keyOf(0, 'dropout', 2, 'text_encoder.3'),
      keyOf(0, 'dropout', 1, 'text_encoder.4'),
    ];
    expect(new Set(paths.map(String)).size).toBe(paths.length);
  });

  test('keeps its keys from one version to the next', () => {
    expect(keyOf(0, 'dropout', 1, 'text_encoder.3')).toEqual(keyOf(-0, 'dropout', 1, 'text_encoder.3'));
    expect(keyOf(7, 'initial', 3)).toMatchInlineSnapshot(`
      [
        44222160,
        1792942940,
        3618154702,
        2423651643,
      ]
    `);
  });

  test('refuses what is not finite', () => {
    expect(() => keyOf(Number.NaN, 'dropout')).toThrow('keyOf: NaN names no stream');
  });
});

describe('uniform', () => {
  test('is flat over [0, 1)', () => {
    const x = uniform(key, new Float32Array(COUNT));
    expect(Math.max(...x.subarray(0, 50_000))).toBeLessThan(1);
    expect(mean(x)).toBeCloseTo(0.5, 2);
    expect(variance(x)).toBeCloseTo(1 / 12, 2);
    const tenths = Array.from({ length: 10 }, (_, i) => x.filter((each) => Math.floor(each * 10) === i).length);
    const chiSquare = tenths.reduce((sum, each) => sum + (each - COUNT / 10) ** 2 / (COUNT / 10), 0);
    expect(chiSquare).toBeLessThan(27.9);
  });

  test('gives the same numbers for the same key, and unrelated ones for the next', () => {
    const x = uniform(keyOf(0, 'dropout', 1), new Float32Array(COUNT));
    const y = uniform(keyOf(0, 'dropout', 2), new Float32Array(COUNT));
    expect(uniform(keyOf(0, 'dropout', 1), new Float32Array(COUNT))).toEqual(x);
    expect(Math.abs(correlation(x, y))).toBeLessThan(0.015);
    expect(Math.abs(correlation(x.subarray(1), x.subarray(0, -1)))).toBeLessThan(0.015);
  });

  test('begins alike at every length', () => {
    const long = uniform(key, new Float32Array(9));
    for (const length of [0, 1, 3, 6]) expect(uniform(key, new Float32Array(length))).toEqual(long.subarray(0, length));
  });
});

describe('normal', () => {
  test('has mean 0, the given deviation, and tails as thin as they should be', () => {
    const x = normal(key, new Float32Array(COUNT), 0.02);
    expect(Math.abs(mean(x))).toBeLessThan(4e-4);
    expect(Math.sqrt(variance(x))).toBeCloseTo(0.02, 3);
    expect(mean(x.map((each) => (each / 0.02) ** 4))).toBeCloseTo(3, 0);
    expect(x.filter((each) => Math.abs(each) > 0.04).length / COUNT).toBeCloseTo(0.0455, 2);
  });

  test('begins alike at every length', () => {
    const long = normal(key, new Float32Array(9));
    for (const length of [0, 1, 3, 6]) expect(normal(key, new Float32Array(length))).toEqual(long.subarray(0, length));
  });
});

describe('generator', () => {
  test('draws one by one, and again the same', () => {
    const [first, second] = [generator(key), generator(key)];
    const x = Float64Array.from({ length: COUNT }, first);
    expect(Float64Array.from({ length: COUNT }, second)).toEqual(x);
    expect(mean(x)).toBeCloseTo(0.5, 2);
    expect(x.some((each) => (each * 2 ** 24) % 1 !== 0)).toBe(true);
  });
});

describe('permutation', () => {
  test('holds every number once', () => {
    const order = permutation(key, 1000);
    expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, i) => i));
    expect([...order]).not.toEqual([...order].sort((a, b) => a - b));
    expect([...permutation(key, 0)]).toEqual([]);
  });

  test('makes each of the 24 orders of four equally often', () => {
    const seen = new Map<string, number>();
    for (let i = 0; i < 24_000; i++) {
      const order = permutation(keyOf(0, 'order', i), 4).join();
      seen.set(order, (seen.get(order) ?? 0) + 1);
    }
    expect(seen.size).toBe(24);
    const chiSquare = [...seen.values()].reduce((sum, each) => sum + (each - 1000) ** 2 / 1000, 0);
    expect(chiSquare).toBeLessThan(49.7);
  });
});
