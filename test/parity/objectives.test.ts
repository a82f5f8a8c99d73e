import { describe, expect, it } from 'vitest';
import { gradients } from '../../src/engine/gradient.ts';
import type { Weights } from '../../src/engine/numbers.ts';
import { compile } from '../../src/engine/runtime/compile.ts';
import { fromHuggingFace } from '../../src/checkpoints/rename-tensors.ts';
import { readFixture, readJsonFixture, relativeError } from '../fixtures/parity.ts';
import { fixtures, losses, p } from './symbols.ts';

const reference = readJsonFixture('dide/vqa/losses');

/** Sums and counts stand in the reference beside their quotients, and the two modalities of the hidden states alone. */
const isQuotient = (name: string): boolean => !/\.(sum|count)(_valid|_all)?$|^hidden_last\.(text|image)\./.test(name);

describe('every loss has the reference value (dide/vqa)', () => {
  it('for all ablations, layers, directions of KL, query masks and temperatures', async () => {
    const { student: weights, teacher: frozen, feeds } = await fixtures();
    await using session = await compile(losses(), { parameters: new Map([...weights, ...frozen]), threads: 1 });
    const values = await session.run(feeds);
    expect(Object.keys(values).sort()).toEqual(Object.keys(reference.losses).filter(isQuotient).sort());
    for (const [name, { data }] of Object.entries(values)) {
      expect(Math.abs(data[0]! / reference.losses[name] - 1), name).toBeLessThan(1e-5);
    }
  });
});

describe('every gradient has the reference value (dide/vqa)', () => {
  for (const total of ['total_released', 'total_ts', 'total_st']) {
    it(`of ${total}, for each parameter of the student`, async () => {
      const { student: weights, teacher: frozen, feeds } = await fixtures();
      const wanted = new Map(
        [...p.declared].filter(([name]) => weights.has(name)).map(([name, { tensor }]) => [tensor, name]),
      );
      const outputs = Object.fromEntries(
        [...gradients(losses()[total]!, new Set(wanted.keys()))].map(([tensor, g]) => [
          `gradient ${wanted.get(tensor)}`,
          g,
        ]),
      );
      await using session = await compile(outputs, { parameters: new Map([...weights, ...frozen]) });
      const actual = await session.run(feeds);
      const expected = fromHuggingFace(await readFixture(`dide/vqa/grads_${total}`), 'vqa_classifier');
      expect(Object.keys(actual)).toHaveLength(expected.size);
      const floor = 1e-4 * largest(expected);
      for (const [name, gradient] of expected) {
        expect(relativeError(actual[`gradient ${name}`]!, gradient, floor), name).toBeLessThan(5e-5);
      }
    });
  }
});

/** Key biases shift every score of a row alike: their gradient is 0, and what is computed is rounding. */
const largest = (weights: Weights): number =>
  Math.max(...[...weights.values()].map(({ data }) => data.reduce((most, x) => Math.max(most, Math.abs(x)), 0)));
