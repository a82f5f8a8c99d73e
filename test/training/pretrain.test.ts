import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adaptModel, createStudent } from '../../src/checkpoints/derive.ts';
import { loadModel } from '../../src/checkpoints/load.ts';
import { createModel, type Model } from '../../src/checkpoints/model-file.ts';
import { imageName } from '../../src/data/pictures/image-name.ts';
import { preprocessorFor } from '../../src/inference/preprocessor.ts';
import { MATCHING, pretrainingPurpose as purpose } from '../../src/model/purposes/pretraining.ts';
import { pretraining } from '../../src/tasks/captions.ts';
import { vqa } from '../../src/tasks/vqa.ts';
import { readMetrics } from '../../src/training/metrics.ts';
import type { TrainStep } from '../../src/training/options.ts';
import { type PretrainOptions, pretrain } from '../../src/training/pretrain.ts';
import { pretrainingStage } from '../../src/training/stages/pretraining.ts';
import { nanoDescription, writeNano } from '../fixtures/nano.ts';

const home = mkdtempSync(join(tmpdir(), 'pretrain-'));
const data = join(home, 'captions');
afterAll(() => rmSync(home, { recursive: true, force: true }));

/** The pictures of the nano world, each with a question and its answer as its caption. */
beforeAll(async () => {
  await writeNano(data);
  for (const split of ['train', 'validation']) {
    const lines = (await vqa.read(data, split)).map(({ images, text, answers }) =>
      JSON.stringify({ image: relative(data, imageName(images[0]!)), caption: `${text} ${answers[0]!.answer}` }),
    );
    writeFileSync(join(data, `${split}.jsonl`), lines.join('\n'));
  }
});

const untrained = (): Model =>
  createModel(
    { ...nanoDescription('vilt'), purpose, task: purpose.name, scoring: 'softmax', answers: [...MATCHING] },
    1,
  );
const student = (): Model => createStudent(untrained(), { seed: 2 });

const run = async (model: Model, teacher: Model | undefined, options: Partial<PretrainOptions> = {}) => {
  const steps: TrainStep[] = [];
  const given = { teacher, data, batch: 8, updates: 12, learningRate: 1e-3, threads: 1, dropoutRate: 0.1, ...options };
  for await (const step of pretrain(model, given)) steps.push(step);
  return steps;
};

const mlmOf = (steps: readonly TrainStep[]): number =>
  steps.reduce((sum, { losses }) => sum + losses.mlm!, 0) / steps.length;

describe('stage 1', () => {
  it('pre-trains a teacher on ground truth: it finds masked words again', async () => {
    const steps = await run(untrained(), undefined, {
      updates: 100,
      validateEvery: 100,
      learningRate: 3e-3,
      dropoutRate: 0,
    });
    expect(Object.keys(steps[0]!.losses)).toEqual(['itm', 'mlm', 'total']);
    expect(mlmOf(steps.slice(-10))).toBeLessThan(0.85 * mlmOf(steps.slice(0, 5)));
    expect(steps.at(-1)!.validation).toBeGreaterThan(0);
  });

  it('distils a student, on five losses, and leaves the teacher as it was', async () => {
    const teacher = untrained();
    const before = structuredClone(teacher.weights);
    const model = student();
    const steps = await run(model, teacher, { updates: 30, validateEvery: 30, learningRate: 3e-3, dropoutRate: 0 });
    expect(Object.keys(steps[0]!.losses).sort()).toEqual(
      ['itc', 'itc.attention', 'itm.attention', 'itm.soft', 'mlm', 'total'].sort(),
    );
    expect(mlmOf(steps.slice(-5))).toBeLessThan(mlmOf(steps.slice(0, 5)));
    expect(teacher.weights).toEqual(before);
    const moved = [...student().weights].filter(([name, { data: from }]) =>
      from.some((x, i) => x !== model.weights.get(name)!.data[i]),
    );
    expect(moved.map(([name]) => name)).toEqual([...model.weights.keys()]);
  });

  it('pre-trains a student on ground truth too, with contrast', async () => {
    const [step] = await run(student(), undefined, { updates: 1 });
    expect(Object.keys(step!.losses)).toEqual(['itm', 'itc', 'mlm', 'total']);
  });

  it('goes on bit for bit where it was left', async () => {
    const [peaceful, torn] = [join(home, 'peaceful'), join(home, 'torn')];
    const options = { accumulation: 2, clip: 1, seed: 5, checkpointEvery: 3, validateEvery: 6 };
    await run(student(), untrained(), { ...options, folder: peaceful });
    for (const last of [2, 7, 12]) {
      const given = {
        data,
        batch: 8,
        updates: 12,
        learningRate: 1e-3,
        threads: 1,
        dropoutRate: 0.1,
        ...options,
        resume: true,
      };
      for await (const { number } of pretrain(student(), { ...given, teacher: untrained(), folder: torn }))
        if (number === last) break;
    }
    for (const file of ['last.safetensors', 'best.safetensors'])
      expect(readFileSync(join(torn, file)).equals(readFileSync(join(peaceful, file))), file).toBe(true);
    const curves = (folder: string) => readMetrics(folder).map(({ step, values }) => ({ step, values }));
    expect(curves(torn)).toEqual(curves(peaceful));
    expect((await loadModel(join(torn, 'last.safetensors'))).config.task).toBe(pretraining.name);
  });

  it('has half of each batch matched, its own image first, and the same batches from anywhere', async () => {
    const examples = await pretraining.read(data, 'train');
    const model = student();
    const options = { preprocessor: preprocessorFor(model.config, { batch: 7 }), updates: 6, learningRate: 1 };
    const stage = pretrainingStage(model, options, { examples, validation: examples });
    const all = [...stage.batches(0)];
    expect(all).toHaveLength(6);
    expect([...stage.batches(4)]).toEqual(all.slice(4));
    for (const batch of all) {
      const matched = batch.filter(({ answers }) => answers[0]!.answer === 'matched');
      expect(matched).toHaveLength(3);
      for (const { answers, images } of batch) expect(images).toHaveLength(answers[0]!.answer === 'matched' ? 1 : 2);
      for (const { id, images } of batch) expect(images[0]).toBe(examples.find((one) => one.id === id)!.images[0]);
    }
  });

  it('is followed by stage 2: all but the heads of pre-training goes on into a task', async () => {
    const model = student();
    const next = adaptModel(model, { task: vqa, answers: ['yes', 'no'] });
    for (const [name, { data: numbers }] of next.weights) {
      if (!name.startsWith('vqa_classifier.')) expect(numbers, name).toEqual(model.weights.get(name)!.data);
    }
    expect([...next.weights.keys()].filter((name) => /^(itm|itc|mlm)/.test(name))).toEqual([]);
    expect(next.config.scoring).toBe('sigmoid');
  });
});
