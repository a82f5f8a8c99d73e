import { describe, expect, it } from 'vitest';
import type { Numbers, Weights } from '../engine/numbers.ts';
import { keyOf, normal } from '../engine/random.ts';
import { compile } from '../engine/runtime/compile.ts';
import { input } from '../engine/tensor.ts';
import { clipScale, type OptimizerState, type StepOptions } from './adamw.ts';
import { createOptimizerState } from './create-state.ts';
import { decayGroups } from './decay-groups.ts';
import { onDevice } from './on-device.ts';
import { type Optimizer, onHost } from './optimizer.ts';

const shapes = { 'a.weight': [7, 5], 'a.bias': [5], 'LayerNorm.weight': [9], 'untrained.weight': [3] };

const drawn = (shape: readonly number[], ...key: Parameters<typeof keyOf>): Numbers<Float32Array> => {
  const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
  return { shape, data: normal(keyOf(...key), data) as Float32Array<ArrayBuffer> };
};

const weights = (): Weights => new Map(Object.entries(shapes).map(([name, shape]) => [name, drawn(shape, 1, name)]));

/** Gradients of a micro-batch, by parameter; 0 of what is not trained. */
const gradientsAt = (step: number, part: number): Record<string, Numbers> =>
  Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => {
      const numbers = drawn(shape, 2, name, step, part);
      if (name.startsWith('untrained')) numbers.data.fill(0);
      return [name, numbers];
    }),
  );

/** Writer of gradients as a training has it: a session that writes into the arrays of the state. */
const writerOf = ({ gradients }: OptimizerState) =>
  compile(Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [`to ${name}`, input(name, [...shape])])), {
    into: Object.fromEntries([...gradients].map(([name, numbers]) => [`to ${name}`, numbers])),
    threads: 1,
  });

/** The state after 20 updates, and the norms of the gradients. */
const trained = async (
  parts: number,
  order: 'torch' | 'reference',
  open: (state: OptimizerState) => Promise<Optimizer>,
) => {
  const state = createOptimizerState(weights(), { microBatches: parts });
  await using optimizer = await open(state);
  await using writer = await writerOf(state);
  const norms: number[] = [];
  for (let step = 1; step <= 20; step += 1) {
    for (let part = 0; part < parts; part += 1) {
      await writer.run(gradientsAt(step, part));
      if (parts > 1) await optimizer.accumulate();
    }
    norms.push(await optimizer.gradientNorm());
    await optimizer.step(optionsAt(step, order, norms.at(-1)!));
  }
  return { ...optimizer.current(), norms };
};

const optionsAt = (step: number, order: 'torch' | 'reference', norm: number): StepOptions => ({
  ...{ step, order, learningRate: 1e-2 / step, gradientScale: clipScale(norm, 1) },
  multiplier: (name) => (name.startsWith('untrained') ? 0 : name === 'a.bias' ? 3 : 1),
  decays: decayGroups.correct,
});

const distance = (a: Weights, b: Weights): number =>
  Math.max(...[...a].flatMap(([name, { data }]) => [...data].map((x, i) => Math.abs(x - b.get(name)!.data[i]!))));

describe.each(['torch', 'reference'] as const)('AdamW as a graph in memory of its own, order %s', (order) => {
  it.each([1, 3])(
    'moves weights and moments as the kernel does, over 20 updates of %i micro-batches',
    async (parts) => {
      const here = await trained(parts, order, async (state) => onHost(state));
      const there = await trained(parts, order, (state) => onDevice(state, { device: 'cpu', threads: 1 }));
      for (const [i, norm] of there.norms.entries()) expect(norm / here.norms[i]!).toBeCloseTo(1, 6);
      for (const slot of ['weights', 'first', 'second'] as const)
        expect(distance(there[slot], here[slot])).toBeLessThan(1e-6);
      expect(distance(there.weights, weights())).toBeGreaterThan(1e-2);
      expect(there.weights.get('untrained.weight')).toEqual(weights().get('untrained.weight'));
    },
  );
});

it('keeps the host as it was until it is asked for what is now', async () => {
  const state = createOptimizerState(weights());
  await using optimizer = await onDevice(state, { device: 'cpu', threads: 1 });
  await using writer = await writerOf(state);
  await writer.run(gradientsAt(1, 0));
  await optimizer.step(optionsAt(1, 'torch', 1));
  expect(distance(state.weights, weights())).toBe(0);
  expect(distance(optimizer.current().weights, weights())).toBeGreaterThan(1e-3);
});
