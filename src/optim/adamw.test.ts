import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Weights } from '../engine/numbers.ts';
import { keyOf, normal } from '../engine/random.ts';
import { accumulate, adamwStep, clipScale, gradientNorm, type OptimizerState } from './adamw.ts';
import { createOptimizerState, type StateOptions } from './create-state.ts';
import { decayGroups } from './decay-groups.ts';

const parity = <Content>(path: string): Content =>
  JSON.parse(readFileSync(new URL(`../../test/parity/${path}`, import.meta.url), 'utf8')) as Content;

const random = (name: string, count: number): Float32Array => normal(keyOf(3, name), new Float32Array(count), 0.1);

/** Weights whose lengths are no multiples of 4 or 16. */
const weightsOf = (): Weights =>
  new Map([
    ['a.weight', { shape: [7, 5], data: random('a', 35) }],
    ['a.bias', { shape: [7], data: random('b', 7) }],
    ['vqa_classifier.weight', { shape: [17, 3], data: random('c', 51) }],
    ['scale', { shape: [], data: random('d', 1) }],
  ]);

const writeGradients = (state: OptimizerState, round: number): void => {
  for (const [name, { data }] of state.gradients) data.set(random(`${name} ${round}`, data.length));
};

const valuesOf = (weights: Weights): number[] => [...weights.values()].flatMap(({ data }) => [...data]);

const trained = (options: StateOptions): OptimizerState => {
  const state = createOptimizerState(weightsOf(), options);
  for (let step = 1; step <= 3; step++) {
    writeGradients(state, step);
    const gradientScale = clipScale(gradientNorm(state), 0.5);
    const multiplier = (name: string): number => (name.includes('vqa_classifier') ? 10 : 1);
    adamwStep(state, { step, learningRate: 1e-3, gradientScale, multiplier, decays: decayGroups.reference });
  }
  return state;
};

describe('createOptimizerState', () => {
  test('copies the weights, keeps names and shapes, and aligns every array', () => {
    const weights = weightsOf();
    const state = createOptimizerState(weights);
    expect(valuesOf(state.weights)).toEqual(valuesOf(weights));
    for (const slot of [state.weights, state.gradients, state.first, state.second]) {
      expect([...slot.keys()]).toEqual([...weights.keys()]);
      for (const [name, { shape, data }] of slot) {
        expect(shape).toEqual(weights.get(name)!.shape);
        expect(data.byteOffset % 64).toBe(0);
      }
    }
    state.weights.get('scale')!.data[0] = 42;
    expect(weights.get('scale')!.data[0]).not.toBe(42);
    expect(state.accumulated).toBeUndefined();
  });

  test('spreads over several blocks, each of which holds whole parameters, with the same result', () => {
    const small = trained({ blockBytes: 64 * 16 });
    expect(small.regions.map((region) => [...region.parameters.keys()])).toEqual([
      ['a.weight', 'a.bias'],
      ['vqa_classifier.weight'],
      ['scale'],
    ]);
    expect(valuesOf(small.weights)).toEqual(valuesOf(trained({}).weights));
  });

  test('has the same bits from one thread and from three', () => {
    const large = (): Weights =>
      new Map(['a', 'b', 'c'].map((name) => [name, { shape: [2 ** 18], data: random(name, 2 ** 18) }]));
    const [alone, together] = [1, 3].map((threads) => {
      const state = createOptimizerState(large(), { threads, microBatches: 2, blockBytes: 2 ** 24 });
      const norms = [1, 2, 3].map((step) => {
        for (const round of [1, 2]) {
          writeGradients(state, 2 * step + round);
          accumulate(state);
        }
        const norm = gradientNorm(state);
        adamwStep(state, { step, learningRate: 1e-3, gradientScale: clipScale(norm, 0.5) / 2 });
        return norm;
      });
      return { norms, weights: [...state.weights.values()], second: [...state.second.values()] };
    });
    expect(alone!.norms[0]).toBeGreaterThan(0);
    expect(together).toEqual(alone);
    expect(alone!.weights).not.toEqual([...large().values()]);
  });

  test('says which weight does not fit its shape', () => {
    const wrong: Weights = new Map([['a.bias', { shape: [3], data: new Float32Array(4) }]]);
    expect(() => createOptimizerState(wrong)).toThrow('a.bias has 4 numbers, not the 3 of [3]');
  });
});

describe('adamwStep', () => {
  test('is the same in WebAssembly and in JavaScript', () => {
    const [fast, plain] = [trained({ kernels: 'webassembly' }), trained({ kernels: 'javascript' })];
    for (const slot of ['weights', 'first', 'second'] as const)
      expect(valuesOf(fast[slot])).toEqual(valuesOf(plain[slot]));
  });

  test('follows torch through clipping and decay', () => {
    interface Run {
      readonly weight_decay: number;
      readonly clip_norm: number | null;
      readonly grad_norms: number[];
      readonly params: number[][];
    }
    const { p0, grads, lr, runs } = parity<{ p0: number[]; grads: number[][]; lr: number[]; runs: Run[] }>(
      'optim/adamw.json',
    );
    for (const run of runs) {
      const state = createOptimizerState(new Map([['p', { shape: [6], data: Float32Array.from(p0) }]]));
      grads.forEach((gradient, k) => {
        state.gradients.get('p')!.data.set(gradient);
        const norm = gradientNorm(state);
        if (run.clip_norm !== null) expect(norm).toBeCloseTo(run.grad_norms[k]!, 6);
        const gradientScale = run.clip_norm === null ? 1 : clipScale(norm, run.clip_norm);
        const given = { gradientScale, weightDecay: run.weight_decay, order: 'torch' } as const;
        adamwStep(state, { step: k + 1, learningRate: lr[k]!, ...given });
        const { data } = state.weights.get('p')!;
        run.params[k]!.forEach((expected, i) => {
          expect(Math.abs(data[i]! - expected)).toBeLessThan(2e-6);
        });
      });
    }
  });

  test('moves only what has a learning rate, ten times as far where it is ten times as high', () => {
    const moved = (factor: number): number => {
      const state = createOptimizerState(weightsOf());
      writeGradients(state, 1);
      const before = state.weights.get('scale')!.data[0]!;
      const multiplier = (name: string): number => (name === 'scale' ? factor : 0);
      adamwStep(state, { step: 1, learningRate: 1e-3, weightDecay: 0, multiplier });
      expect(valuesOf(state.weights).slice(0, -1)).toEqual(valuesOf(weightsOf()).slice(0, -1));
      return state.weights.get('scale')!.data[0]! - before;
    };
    expect(moved(10) / moved(1)).toBeCloseTo(10, 3);
  });

  test('refuses to count from 0', () => {
    const state = createOptimizerState(weightsOf());
    expect(() => adamwStep(state, { step: 0, learningRate: 1 })).toThrow('adamwStep: step is 0');
  });
});

describe('accumulate', () => {
  test('sums micro-batches for one step, and begins anew after it', () => {
    const state = createOptimizerState(weightsOf(), { microBatches: 2 });
    const once = createOptimizerState(weightsOf());
    for (let step = 1; step <= 2; step++) {
      for (const { data } of once.gradients.values()) data.fill(0);
      for (const round of [1, 2]) {
        writeGradients(state, 10 * step + round);
        accumulate(state);
        for (const [name, { data }] of once.gradients)
          data.forEach((each, i) => {
            data[i] = each + state.gradients.get(name)!.data[i]!;
          });
      }
      expect(gradientNorm(state)).toBe(gradientNorm(once));
      for (const each of [state, once]) adamwStep(each, { step, learningRate: 1e-2, gradientScale: 0.5 });
      expect(gradientNorm(state)).toBe(0);
    }
    expect(valuesOf(state.weights)).toEqual(valuesOf(once.weights));
  });

  test('needs room for the sum', () => {
    expect(() => accumulate(createOptimizerState(weightsOf()))).toThrow('create it with microBatches above 1');
  });
});

describe('gradients', () => {
  test('are scaled down to the limit and never up', () => {
    expect(clipScale(4, 1)).toBeCloseTo(0.25, 6);
    expect(clipScale(0.5, 1)).toBe(1);
    expect(clipScale(0, 1)).toBe(1);
  });
});

describe('decayGroups', () => {
  const undecayed = ['text_encoder.layer.0.output.dense.bias', 'embeddings.LayerNorm.weight', 'blocks.0.norm1.weight'];
  const heads = [
    'vqa_classifier.1.weight',
    'classifier.1.weight',
    'fusion.1.weight',
    'layer.0.layernorm_before.weight',
  ];
  const decayed = [
    'fusion.0.weight',
    'embeddings.word_embeddings.weight',
    'classifier.3.weight',
    'pooler.dense.weight',
  ];

  test('agree on biases, named LayerNorms, and matrices', () => {
    for (const group of [decayGroups.reference, decayGroups.correct]) {
      expect(undecayed.filter(group)).toEqual([]);
      expect(decayed.filter(group)).toEqual(decayed);
    }
  });

  test('differ on the LayerNorms that have other names', () => {
    expect(heads.filter(decayGroups.reference)).toEqual(heads);
    expect(heads.filter(decayGroups.correct)).toEqual([]);
  });

  test('correct spares what the parity student spares', () => {
    const { no_decay } = parity<{ no_decay: string[] }>('dide/vqa/losses.json');
    expect(no_decay.length).toBeGreaterThan(50);
    expect(no_decay.filter(decayGroups.correct)).toEqual([]);
  });
});
