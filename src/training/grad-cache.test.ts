import { beforeAll, describe, expect, it } from 'vitest';
import type { Numbers, Weights } from '../engine/numbers.ts';
import { gemm } from '../engine/ops.ts';
import { keyOf, uniform } from '../engine/random.ts';
import { input } from '../engine/tensor.ts';
import { contrastOf, similarity } from '../model/heads.ts';
import { createParams, initialWeights } from '../model/params.ts';
import { imageTextContrastive, sharedContrastive } from '../objectives/image-text-contrastive.ts';
import { accumulate } from '../optim/adamw.ts';
import { createOptimizerState } from '../optim/create-state.ts';
import type { MicroBatch } from './grad-cache.ts';
import { createStep, type StepOptions } from './step.ts';

const WIDTH = 6;

/** Two towers as small as they get, with dropout, and the projections and temperature of the real ones. */
const lossesOf: StepOptions['losses'] = (p) => {
  const tower = (name: string) => {
    const weight = p.within(name).get('weight', [WIDTH, WIDTH], 'normal');
    const raised = gemm(input(name, ['batch', WIDTH]), weight, ['as-is', 'transposed']);
    return { first: p.dropout(raised, name) };
  };
  const vectors = contrastOf(p, { text: tower('text'), image: tower('image') }, { space: 4 });
  const contrast = { vectors, objective: imageTextContrastive, shared: sharedContrastive };
  return { itc: { loss: imageTextContrastive({ similarity: similarity(vectors) }), weight: 0.5, contrast } };
};

const rows = (name: string, from: number, count: number): Numbers => ({
  shape: [count, WIDTH],
  data: uniform(keyOf(3, name), new Float32Array(16 * WIDTH))
    .map((x) => x - 0.5)
    .slice(from * WIDTH, (from + count) * WIDTH),
});

const micro = (from: number, count: number): MicroBatch => ({
  feeds: { image: rows('image', from, count), text: rows('text', from, count) },
  key: keyOf(1, 'dropout', from),
  waitMilliseconds: 0,
});

let weights: Weights;
beforeAll(() => {
  const p = createParams();
  lossesOf(p, p);
  weights = initialWeights(p, { seed: 1, deviation: 0.3 });
});

/** The mean gradient of one update over 16 pairs in micro-batches of these sizes, and its losses. */
const gradientsOf = async (
  sizes: readonly number[],
  options: { dropoutRate?: number | undefined; over?: 'micro-batch' | undefined } = {},
) => {
  const { dropoutRate = 0, over = 'update' } = options;
  const accumulation = sizes.length;
  const state = createOptimizerState(weights, { microBatches: accumulation });
  await using step = await createStep(
    { losses: lossesOf, dropoutRate, accumulation, contrastOver: over, threads: 1 },
    state,
  );
  const micros = async function* () {
    for (const [i, size] of sizes.entries())
      yield micro(
        sizes.slice(0, i).reduce((sum, n) => sum + n, 0),
        size,
      );
  };
  const losses = [];
  for await (const { feeds, ...how } of step.contrast?.seeded(micros()) ?? micros()) {
    losses.push(await step.run(feeds, { number: 1, ...how }));
    if (accumulation > 1) accumulate(state);
  }
  const found = state.accumulated ?? state.gradients;
  return {
    losses,
    gradients: new Map([...found].map(([name, { data }]) => [name, data.map((x) => x / accumulation)])),
  };
};

describe('contrast over the micro-batches of an update', () => {
  it.each([[[4, 4, 4, 4]], [[5, 3, 8]]])('has the loss and the gradients of one batch: %j', async (sizes) => {
    const [whole, parts] = [await gradientsOf([16]), await gradientsOf(sizes)];
    expect([...whole.gradients.keys()]).toContain('itc.logit_scale');
    for (const [name, expected] of whole.gradients) {
      const largest = Math.max(...expected.map(Math.abs));
      expect(largest, name).toBeGreaterThan(1e-3);
      for (const [i, x] of parts.gradients.get(name)!.entries())
        expect(Math.abs(x - expected[i]!) / largest, name).toBeLessThan(1e-5);
    }
    for (const { itc, total } of parts.losses) {
      expect(itc).toBeCloseTo(whole.losses[0]!.itc!, 5);
      expect(total).toBeCloseTo(whole.losses[0]!.total!, 5);
    }
  });

  it('is not that of the mean over micro-batches, which is there for comparison', async () => {
    const [whole, parts] = [await gradientsOf([16]), await gradientsOf([4, 4, 4, 4], { over: 'micro-batch' })];
    expect(parts.losses[0]!.itc).toBeLessThan(0.8 * whole.losses[0]!.itc!);
    const apart = [...whole.gradients].map(([name, data]) =>
      Math.max(...data.map((x, i) => Math.abs(x - parts.gradients.get(name)![i]!))),
    );
    expect(Math.max(...apart)).toBeGreaterThan(1e-2);
  });

  it('drops the same in both passes: the seeded loss falls by the step that its gradient promises', async () => {
    const options = { dropoutRate: 0.5 };
    const { gradients, losses } = await gradientsOf([8, 8], options);
    const norm = [...gradients.values()].reduce((sum, data) => sum + data.reduce((s, x) => s + x * x, 0), 0);
    const before = weights;
    const length = 1e-2;
    weights = new Map(
      [...before].map(([name, { shape, data }]) => [
        name,
        { shape, data: data.map((x, i) => x - (length * gradients.get(name)![i]!) / Math.sqrt(norm)) },
      ]),
    );
    const after = await gradientsOf([8, 8], options);
    weights = before;
    const fallen = losses[0]!.total! - after.losses[0]!.total!;
    expect(fallen / (length * Math.sqrt(norm))).toBeCloseTo(1, 1);
  });
});
