import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createStudent } from '../../src/checkpoints/derive.ts';
import { createModel, type Model } from '../../src/checkpoints/model-file.ts';
import { mean, square } from '../../src/engine/functions.ts';
import type { Weights } from '../../src/engine/numbers.ts';
import { stopGradient, subtract } from '../../src/engine/ops.ts';
import { constant } from '../../src/engine/tensor.ts';
import { UserError } from '../../src/errors.ts';
import { preprocessorFor } from '../../src/inference/preprocessor.ts';
import { crossModalAttention } from '../../src/objectives/cross-modal-attention-distillation.ts';
import { hardLabels } from '../../src/objectives/hard-labels.ts';
import type { Objective, Objectives } from '../../src/objectives/objective.ts';
import { vqa } from '../../src/tasks/vqa.ts';
import { finetune, train } from '../../src/training/finetune.ts';
import { nanoDescription, writeNano } from '../fixtures/nano.ts';

const home = mkdtempSync(join(tmpdir(), 'objectives-'));
beforeAll(() => writeNano(home, 8), 60_000);
afterAll(() => rmSync(home, { recursive: true, force: true }));

const teacher = createModel(nanoDescription('vilt'), 1);

/** Decay is large, so that a weight which decays alone would be seen to move. */
const learning = { updates: 2, learningRate: 1e-2, warmup: 0, weightDecay: 0.5, dropoutRate: 0, threads: 1 };

/** Trains by these objectives for two updates. → names of the weights that moved, and of those that did not */
const moved = async (model: Model, objectives: Objectives, taught?: Model) => {
  const before = structuredClone(model.weights);
  const examples = await vqa.read(home, 'train');
  const preprocessor = preprocessorFor(model.config, { batch: 8 });
  const options = { ...learning, losses: {}, teacher: taught, task: vqa, examples, validation: examples, preprocessor };
  for await (const _ of train(model, { ...options, objectives }));
  return compared(before, model.weights);
};

const compared = (before: Weights, after: Weights) => {
  const isEqual = (name: string): boolean =>
    Buffer.from(before.get(name)!.data.buffer).equals(Buffer.from(after.get(name)!.data.slice().buffer));
  const names = [...before.keys()];
  return { moved: names.filter((name) => !isEqual(name)), still: names.filter(isEqual) };
};

/** Mean of (z_S - z_T)² over the vectors that the heads read. */
const pairVectors: Objective = (student, other) =>
  mean(square(subtract(student.encoded[0]!.pair, other.encoded[0]!.pair)));

describe('only what a loss depends on is trained', () => {
  it('where attention alone is distilled: neither head nor last values move, by a bit, nor do they decay', async () => {
    const objectives = { attention: { objective: crossModalAttention(), weight: 1 } };
    const { moved: some, still } = await moved(createStudent(teacher), objectives, teacher);
    expect(still.filter((name) => name.startsWith('vqa_classifier.'))).toHaveLength(6);
    expect(some.filter((name) => name.startsWith('vqa_classifier.'))).toEqual([]);
    expect(some.length).toBeGreaterThan(10);
  });

  it('where an objective looks at the vectors of pairs and never at logits', async () => {
    const objectives = { pair: { objective: pairVectors, weight: 1 } };
    const { moved: some, still } = await moved(createStudent(teacher), objectives, teacher);
    expect(still.every((name) => name.startsWith('vqa_classifier.') || name.startsWith('teacher_model.'))).toBe(true);
    expect(some.length).toBeGreaterThan(20);
  });

  it('where another loss has the weight 0: it is computed for its curve, and moves nothing', async () => {
    const objectives = {
      pair: { objective: pairVectors, weight: 1 },
      hard: { objective: hardLabels, weight: 0 },
    };
    const { still } = await moved(createStudent(teacher), objectives, teacher);
    expect(still.filter((name) => name.startsWith('vqa_classifier.'))).toHaveLength(6);
  });

  it('where soft labels are left out of a fine-tuning', async () => {
    const student = createStudent(teacher);
    const before = structuredClone(student.weights);
    const options = { ...learning, teacher, task: vqa, data: home, batch: 8, losses: { soft: 0, attention: 1 } };
    for await (const { losses } of finetune(student, options))
      expect(Object.keys(losses)).toEqual(['attention', 'total']);
    expect(compared(before, student.weights).still).toContain('vqa_classifier.3.weight');
  });

  it('and an error where that is nothing at all', async () => {
    const nothing: Objective = () => constant(1);
    const behind: Objective = ({ logits }) => mean(stopGradient(logits));
    for (const objective of [nothing, behind])
      await expect(moved(createStudent(teacher), { own: { objective, weight: 1 } })).rejects.toThrow(
        'the losses depend on no parameter of the model',
      );
    const weightless = { hard: { objective: hardLabels, weight: 0 } };
    await expect(moved(createStudent(teacher), weightless)).rejects.toThrow('no loss has a weight');
  });
});

describe('an objective that compares with a teacher', () => {
  it('is refused by its name where there is none', async () => {
    const objectives = {
      hard: { objective: hardLabels, weight: 1 },
      'pair vectors': { objective: pairVectors, weight: 1 },
    };
    const training = moved(createStudent(teacher), objectives);
    await expect(training).rejects.toThrow(UserError);
    await expect(training).rejects.toThrow('the objective pair vectors compares the student with a teacher');
  });

  it('may also be one of the method', async () => {
    const objectives = { attention: { objective: crossModalAttention(), weight: 1 } };
    await expect(moved(createStudent(teacher), objectives)).rejects.toThrow('the objective attention compares');
  });
});
