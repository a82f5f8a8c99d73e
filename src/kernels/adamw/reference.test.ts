import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { addTo, coefficientsOf, type Slots, sumOfSquares, updateAdamW } from './reference.ts';

interface Fixture {
  readonly p0: number[];
  readonly grads: number[][];
  readonly lr: number[];
  readonly betas: [number, number];
  readonly eps: number;
  readonly runs: { weight_decay: number; clip_norm: number | null; grad_norms: number[]; params: number[][] }[];
}

const fixture = JSON.parse(
  readFileSync(new URL('../../../test/parity/optim/adamw.json', import.meta.url), 'utf8'),
) as Fixture;

/** The largest difference between two lists, as a share of the largest number of the second. */
const difference = (x: ArrayLike<number>, y: readonly number[]): number =>
  Math.max(...y.map((each, i) => Math.abs(each - x[i]!))) / Math.max(...y.map(Math.abs));

const slotsOf = <A extends Float32Array | Float64Array>(of: (numbers: number[]) => A, weights: number[]): Slots<A> => {
  const zeros = weights.map(() => 0);
  return { weights: of(weights), gradients: of(zeros), first: of(zeros), second: of(zeros) };
};

/** Replays a run of the fixture; the worst difference from torch over all its steps. */
const replay = (slots: Slots, run: Fixture['runs'][number]): number => {
  const worst = fixture.grads.map((gradient, k) => {
    slots.gradients.set(gradient);
    const norm = Math.sqrt(sumOfSquares(slots.gradients));
    const gradientScale = run.clip_norm === null ? 1 : Math.min(1, run.clip_norm / (norm + 1e-6));
    const moment = { step: k + 1, learningRate: fixture.lr[k]!, gradientScale, weightDecay: run.weight_decay };
    updateAdamW(slots, coefficientsOf(moment, { order: 'torch', betas: fixture.betas, epsilon: fixture.eps }));
    return difference(slots.weights, run.params[k]!);
  });
  return Math.max(...worst);
};

describe('updateAdamW in torch order', () => {
  test.each(fixture.runs)('follows torch at weight decay $weight_decay, clipped at $clip_norm', (run) => {
    expect(
      replay(
        slotsOf((x) => Float64Array.from(x), fixture.p0),
        run,
      ),
    ).toBeLessThan(1e-12);
    expect(
      replay(
        slotsOf((x) => Float32Array.from(x), fixture.p0),
        run,
      ),
    ).toBeLessThan(1e-6);
  });
});

describe('updateAdamW in reference order', () => {
  /** The loop of transformers 4.2's AdamW for one weight, in float64. */
  const transformers = (weight: number, gradients: number[], lr: number): number => {
    let [p, m, v] = [weight, 0, 0];
    gradients.forEach((g, k) => {
      m = m * 0.9 + 0.1 * g;
      v = v * 0.98 + 0.02 * g * g;
      const size = (lr * Math.sqrt(1 - 0.98 ** (k + 1))) / (1 - 0.9 ** (k + 1));
      p -= size * (m / (Math.sqrt(v) + 1e-6));
      p -= lr * 0.01 * p;
    });
    return p;
  };

  test('puts epsilon before the bias correction and decays last', () => {
    const slots = slotsOf((x) => Float64Array.from(x), [0.5]);
    const gradients = [1e-6, -3e-6, 2e-6];
    gradients.forEach((gradient, k) => {
      slots.gradients[0] = gradient;
      const moment = { step: k + 1, learningRate: 1e-2, gradientScale: 1, weightDecay: 0.01 };
      updateAdamW(slots, coefficientsOf(moment, { epsilon: 1e-6 }));
    });
    const expected = transformers(0.5, gradients, 1e-2);
    expect(Math.abs(slots.weights[0]! - expected)).toBeLessThan(1e-13);
  });

  test('differs from torch order where epsilon counts', () => {
    const after = (order: 'reference' | 'torch'): number => {
      const slots = slotsOf((x) => Float64Array.from(x), [0.5]);
      slots.gradients[0] = 1e-8;
      updateAdamW(slots, coefficientsOf({ step: 1, learningRate: 0.1, gradientScale: 1, weightDecay: 0 }, { order }));
      return 0.5 - slots.weights[0]!;
    };
    expect(after('torch')).toBeCloseTo(0.05, 6);
    expect(after('reference')).toBeCloseTo(0.1 / (1 + 1 / Math.sqrt(0.02)), 6);
  });

  test('decays a weight whose gradient is zero, and leaves it alone without decay', () => {
    for (const weightDecay of [0, 0.01]) {
      const slots = slotsOf((x) => Float32Array.from(x), [0.5]);
      updateAdamW(slots, coefficientsOf({ step: 1, learningRate: 1e-4, gradientScale: 1, weightDecay }));
      expect(slots.weights[0]).toBe(Math.fround(0.5 - 0.5e-4 * weightDecay));
    }
  });
});

describe('sums', () => {
  test('squares add up in float64', () => {
    const x = Float32Array.from({ length: 1003 }, (_, i) => (i % 7) - 3);
    expect(sumOfSquares(x)).toBe(x.reduce((sum, each) => sum + each * each, 0));
    expect(sumOfSquares(Float32Array.of(1e30))).toBe(Math.fround(1e30) ** 2);
  });

  test('addTo adds in place', () => {
    const to = Float32Array.of(1, 2, 3);
    addTo(to, Float32Array.of(10, 20, 30));
    expect([...to]).toEqual([11, 22, 33]);
  });
});
