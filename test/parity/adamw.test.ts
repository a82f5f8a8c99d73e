import { describe, expect, it } from 'vitest';
import { gradients } from '../../src/engine/gradient.ts';
import type { Numbers, Weights } from '../../src/engine/numbers.ts';
import { compile } from '../../src/engine/runtime/compile.ts';
import type { Tensor } from '../../src/engine/tensor.ts';
import { adamwStep, gradientNorm } from '../../src/optim/adamw.ts';
import { decayGroups } from '../../src/optim/decay-groups.ts';
import { createOptimizerState } from '../../src/optim/create-state.ts';
import { fromHuggingFace } from '../../src/checkpoints/rename-tensors.ts';
import { readFixture, readJsonFixture } from '../fixtures/parity.ts';
import * as pretraining from './pretraining-symbols.ts';
import * as vqa from './symbols.ts';

type Update = { readonly lr: number; readonly loss: number; readonly grad_norm: number };

/** The symbols, weights and feeds of one folder of fixtures. */
type Symbols = typeof vqa | typeof pretraining;

const sets = [
  ['dide/vqa', 'total_ts', vqa],
  ['dide/vqa', 'total_st', vqa],
  ['dide/pretrain', 'total_ts', pretraining],
] as const satisfies readonly (readonly [string, string, Symbols])[];

/** Three updates as a training makes them: gradients written in place, weights moved where the session reads them. */
const threeUpdates = async (total: string, { fixtures, losses, p }: Symbols, updates: readonly Update[]) => {
  const { student, teacher, feeds } = await fixtures();
  const state = createOptimizerState(student);
  const wanted = new Map([...student.keys()].map((name) => [p.declared.get(name)!.tensor, name]));
  const loss = losses()[total]!;
  const outputs: Record<string, Tensor> = { loss };
  const into: Record<string, Numbers> = {};
  for (const [tensor, gradient] of gradients(loss, new Set(wanted.keys()))) {
    outputs[`gradient ${wanted.get(tensor)}`] = gradient;
    into[`gradient ${wanted.get(tensor)}`] = state.gradients.get(wanted.get(tensor)!)!;
  }
  await using session = await compile(outputs, { parameters: state.weights, weights: teacher, into, threads: 1 });
  const seen: { loss: number; norm: number }[] = [];
  for (const [i, { lr }] of updates.slice(0, 3).entries()) {
    const results = await session.run(feeds);
    seen.push({ loss: results.loss!.data[0]!, norm: gradientNorm(state) });
    adamwStep(state, { step: i + 1, learningRate: lr, decays: decayGroups.correct, order: 'torch' });
  }
  const last = (await session.run(feeds)).loss!.data[0]!;
  return { seen, last, weights: state.weights };
};

/** Key biases have no gradient but rounding, which Adam makes as large as any other: they stand apart. */
const isKeyBias = (name: string, i: number, length: number): boolean =>
  name.endsWith('attn.qkv.bias') && i >= length / 3 && i < (2 * length) / 3;

const differences = (actual: Weights, expected: ReadonlyMap<string, Numbers>) => {
  const [keyBiases, others]: [number[], number[]] = [[], []];
  for (const [name, { data }] of expected) {
    for (const [i, value] of data.entries()) {
      const difference = Math.abs(actual.get(name)!.data[i]! - value);
      (isKeyBias(name, i, data.length) ? keyBiases : others).push(difference);
    }
  }
  return { keyBiases, others };
};

describe.each(sets)('three updates by AdamW (%s, %s)', (folder, total, symbols) => {
  const expected: Update[] = readJsonFixture(`${folder}/losses`).adamw[total];
  const trained = threeUpdates(total, symbols, expected);

  it('see the losses and the gradient norms of the reference', async () => {
    const { seen, last } = await trained;
    for (const [i, { loss, norm }] of seen.entries()) {
      expect(Math.abs(loss / expected[i]!.loss - 1), `loss ${i + 1}`).toBeLessThan(1e-5);
      expect(Math.abs(norm / expected[i]!.grad_norm - 1), `gradient norm ${i + 1}`).toBeLessThan(1e-5);
    }
    expect(Math.abs(last / expected[3]!.loss - 1)).toBeLessThan(1e-5);
  });

  it('leave the weights of the reference', async () => {
    const { weights } = await trained;
    const after = fromHuggingFace(await readFixture(`${folder}/adamw3_${total}`), 'vqa_classifier');
    expect([...after.keys()].sort()).toEqual([...weights.keys()].sort());
    const { keyBiases, others } = differences(weights, after);
    expect(keyBiases).toHaveLength(2 * 3 * 64);
    expect(Math.max(...keyBiases)).toBeLessThan(3e-3);
    expect(others.reduce((a, b) => Math.max(a, b))).toBeLessThan(5e-5);
    expect(others.filter((difference) => difference < 2e-6).length / others.length).toBeGreaterThan(0.999);
  });
});
