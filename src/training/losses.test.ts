import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nanoDescription, writeNano } from '../../test/fixtures/nano.ts';
import { readJsonFixture } from '../../test/fixtures/parity.ts';
import { fixtures, student, target, teacher } from '../../test/parity/symbols.ts';
import { createStudent } from '../checkpoints/derive.ts';
import { loadModel } from '../checkpoints/load.ts';
import { createModel } from '../checkpoints/model-file.ts';
import { compile } from '../engine/runtime/compile.ts';
import { constant, type Tensor } from '../engine/tensor.ts';
import type { Scoring } from '../model/config.ts';
import { vqa } from '../tasks/vqa.ts';
import { finetune } from './finetune.ts';
import { objectivesOf } from './losses.ts';
import type { LossOptions } from './stage-options.ts';

type Row = readonly [reference: string, loss: string, options: LossOptions, scoring?: Scoring];

const valid = { queries: 'valid' } as const;
const every = { ...valid, layers: 'all' } as const;
const back = { divergence: 'student-teacher' } as const;
const hard = { losses: { hard: 1 } } as const;
const soft = { losses: { soft: 1 } } as const;
const method = { losses: { soft: 1, attention: 1 } } as const;

/** Each choice, and the name of its loss in the reference. */
const rows: readonly Row[] = [
  ['hard_bce', 'hard', hard],
  ['hard_bce', 'hard', { losses: { ...method.losses, hard: 0.5 } }],
  ['soft_bce', 'soft', soft],
  ['soft_kl_T1.ts', 'soft', soft, 'softmax'],
  ['soft_kl_T2.st', 'soft', { ...method, ...back, temperature: 2 }, 'softmax'],
  ['attn.cross.ts.mean_all', 'attention', method],
  ['attn.cross.ts.mean_valid', 'attention', { ...method, ...valid }],
  ['attn.cross.st.mean_per_sample', 'attention', { ...method, ...back, queries: 'valid-per-example' }],
  ['attn.uni.ts.mean_all', 'attention', { ...method, attention: 'uni-modal', queries: 'all' }],
  ['attn.whole.st.mean_valid', 'attention', { ...method, attention: 'whole', ...valid, ...back }],
  ['attn.joint.ts.mean_valid', 'attention', { losses: { hard: 1, attention: 1 }, attention: 'joint', ...valid }],
  ['hidden_last.sum_of_means', 'hidden', { ...method, attention: 'hidden-states' }],
  ['layerwise_mean.cross.ts', 'attention', { ...method, ...every }],
  ['layerwise_mean.whole.st', 'attention', { ...method, attention: 'whole', ...every, ...back }],
  ['layerwise_mean.hidden', 'hidden', { ...method, attention: 'hidden-states', layers: 'all' }],
];

describe('every choice of what is learnt', () => {
  it('is the loss that the reference has for it', async () => {
    const { student: weights, teacher: frozen, feeds } = await fixtures();
    const outputs: Record<string, Tensor> = {};
    for (const [i, [, loss, options, scoring = 'sigmoid']] of rows.entries()) {
      outputs[i] = objectivesOf(options, scoring)[loss]!.objective(student, teacher, target);
    }
    await using session = await compile(outputs, { parameters: new Map([...weights, ...frozen]), threads: 1 });
    const values = await session.run(feeds);
    const { losses } = readJsonFixture('dide/vqa/losses');
    for (const [i, [reference]] of rows.entries()) {
      expect(Math.abs(values[i]!.data[0]! / losses[reference] - 1), reference).toBeLessThan(1e-5);
    }
  });

  it('has the weights that were given, and leaves out what weighs nothing', () => {
    const weightsOf = (options: LossOptions) =>
      Object.entries(objectivesOf(options, 'sigmoid')).map(([name, { weight }]) => [name, weight]);
    expect(weightsOf(hard)).toEqual([['hard', 1]]);
    expect(weightsOf(soft)).toEqual([['soft', 1]]);
    expect(weightsOf(method)).toEqual([
      ['soft', 1],
      ['attention', 1],
    ]);
    expect(weightsOf({ losses: { hard: 0.3, soft: 1 } })).toEqual([
      ['hard', 0.3],
      ['soft', 1],
    ]);
    expect(weightsOf({ losses: { attention: 2, hard: 0 }, attention: 'hidden-states' })).toEqual([['hidden', 2]]);
  });

  it("stands before objectives of one's own, which are learnt even with the weight 0, for their curves", () => {
    const own = { objective: () => constant(1), weight: 0 };
    expect(Object.keys(objectivesOf({ ...soft, objectives: { own } }, 'sigmoid'))).toEqual(['soft', 'own']);
    expect(Object.keys(objectivesOf({ objectives: { own } }, 'sigmoid'))).toEqual(['own']);
    expect(() => objectivesOf({ ...soft, objectives: { soft: own } }, 'sigmoid')).toThrow('give another name');
  });

  it('is refused where it would change nothing', () => {
    expect(() => objectivesOf({ losses: { hard: 0 } }, 'sigmoid')).toThrow('nothing is left to learn from');
    expect(() => objectivesOf({ ...soft, temperature: 2 }, 'sigmoid')).toThrow('this model scores by sigmoid');
    expect(() => objectivesOf({ ...soft, temperature: 0 }, 'softmax')).toThrow('give a number above 0');
    expect(() => objectivesOf({ ...soft, layers: 'all' }, 'softmax')).toThrow('give losses.attention a weight');
    expect(() => objectivesOf({ ...soft, attention: 'whole' }, 'softmax')).toThrow('give losses.attention a weight');
  });
});

const home = mkdtempSync(join(tmpdir(), 'choices-'));
const scenes = join(home, 'scenes');
beforeAll(() => writeNano(scenes, 8), 60_000);
afterAll(() => rmSync(home, { recursive: true, force: true }));

describe('a training by choices', () => {
  const taught = createModel(nanoDescription('vilt'), 1);
  const options = { task: vqa, data: scenes, batch: 8, updates: 1, learningRate: 1e-3, threads: 1, teacher: taught };

  it.each<[string, string, LossOptions]>([
    [
      'whole attention of all layers',
      'attention',
      { attention: 'whole', ...every, losses: { ...method.losses, hard: 0.5 } },
    ],
    ['hidden states', 'hidden', { ...method, attention: 'hidden-states' }],
  ])('of %s takes a step, beside a teacher that is deeper', async (_, loss, choices) => {
    for await (const { losses } of finetune(createStudent(taught, { depth: 1 }), { ...options, ...choices })) {
      expect(losses[loss]).toBeGreaterThan(0);
      expect(losses.total).toBeCloseTo(losses[loss]! + losses.soft! + 0.5 * (losses.hard ?? 0), 4);
    }
  });

  it('is remembered by its run, and cannot be resumed as another', async () => {
    const folder = join(home, 'run');
    const run = async (choices: LossOptions) => {
      for await (const _ of finetune(createStudent(taught), { ...options, folder, resume: true, ...choices }));
    };
    await run({ attention: 'uni-modal', layers: 'all' });
    const { config } = await loadModel(join(folder, 'best.safetensors'));
    expect(config.recipe.choices).toBe('uni-modal, all layers');
    await expect(run({ attention: 'uni-modal' })).rejects.toThrow('choices was uni-modal, all layers, now uni-modal');
  });
});
