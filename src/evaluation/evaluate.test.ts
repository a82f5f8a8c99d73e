import { describe, expect, it } from 'vitest';
import { configOf } from '../checkpoints/description.ts';
import { createModel } from '../checkpoints/model-file.ts';
import { encodePng } from '../data/image.ts';
import { createSkipPolicy } from '../data/skip-policy.ts';
import { SPECIAL_PIECES } from '../data/tokenizer.ts';
import { preprocessorFor } from '../inference/preprocessor.ts';
import { tiny } from '../model/sizes.ts';
import { defineTask } from '../tasks/define-task.ts';
import { nlvr2 } from '../tasks/nlvr2.ts';
import { snliVe } from '../tasks/snli-ve.ts';
import type { Task } from '../tasks/task.ts';
import { vqa } from '../tasks/vqa.ts';
import { evaluate, openValidator } from './evaluate.ts';

/** A tiny model with random weights. */
const modelFor = ({ name: task, images, scoring }: Task, answers: readonly string[]) => {
  const sizes = { ...tiny, vocabulary: SPECIAL_PIECES.length, types: 1 + images };
  const about = { task, images, scoring, recipe: {}, vocabulary: [...SPECIAL_PIECES], answers };
  return createModel(configOf({ model: 'dide', sizes, ...about }, 'test'), 1);
};

it('an evaluation comes to its end where its last examples are left out', async () => {
  const trained = modelFor(vqa, ['no', 'yes']);
  const png = await encodePng({ width: 32, height: 32, data: new Uint8Array(32 * 32 * 3) });
  const examples = Array.from({ length: 5 }, (_, i) => ({
    id: `${i}`,
    images: [{ name: `${i}.png`, read: async () => (i < 3 ? png : png.subarray(0, 40)) }],
    text: 'is it',
    answers: [],
  }));
  const [unreadable, progress]: [ReturnType<typeof createSkipPolicy>, number[][]] = [createSkipPolicy(), []];
  const onProgress = (...told: number[]) => void progress.push(told);
  const { predictions } = await evaluate(trained, {
    ...{ task: vqa, examples, batch: 2, threads: 1 },
    onUnreadable: unreadable.listen,
    onProgress,
  });
  expect(predictions.map(({ example }) => example.id)).toEqual(['0', '1', '2']);
  expect(unreadable.failures()).toHaveLength(2);
  expect(progress).toEqual([
    [2, 5],
    [3, 5],
    [5, 5],
  ]);
});

describe.each<[Task, string[]]>([
  [vqa, ['no', 'yes']],
  [nlvr2, ['False', 'True']],
  [snliVe, ['contradiction', 'entailment', 'neutral']],
  [
    defineTask({
      name: 'tone',
      answers: ['calm', 'loud'],
      measures: (all) => ({ even: all.map(({ score }) => score) }),
    }),
    ['calm', 'loud'],
  ],
])('of $name', (task, answers) => {
  const model = modelFor(task, answers);
  const preprocessor = preprocessorFor(model.config, { batch: 4 });
  const examplesOf = async (labels: readonly (string | undefined)[]) => {
    const png = await encodePng({ width: 32, height: 32, data: new Uint8Array(32 * 32 * 3) });
    return labels.map((label, i) => ({
      id: `${i}`,
      images: Array.from({ length: task.images }, (_, side) => ({ name: `${i} ${side}.png`, read: async () => png })),
      text: 'is it',
      answers: label === undefined ? [] : [{ answer: label, score: 1 }],
    }));
  };
  const validated = async (examples: Awaited<ReturnType<typeof examplesOf>>) => {
    const { config, weights: parameters } = model;
    await using validator = await openValidator({ config, parameters, task, preprocessor, examples, threads: 1 });
    return await validator.accuracy();
  };

  it('examples without an answer are predicted, and counted in no measure', async () => {
    const alone = await evaluate(model, { task, examples: await examplesOf([answers[0]]), threads: 1 });
    const { predicted } = alone.predictions[0]!;
    const other = answers.find((answer) => answer !== predicted);
    const examples = await examplesOf([undefined, predicted, undefined, other, undefined]);
    const found = await evaluate(model, { task, examples, threads: 1 });
    expect(found).toMatchObject({ accuracy: 0.5, unanswered: 3 });
    expect(found.predictions.map(({ score }) => score)).toEqual([Number.NaN, 1, Number.NaN, 0, Number.NaN]);
    for (const mean of Object.values(found.measures)) expect(mean).toBeGreaterThanOrEqual(0);
    expect(await validated(examples)).toBe(0.5);
  });

  it('a split without answers has no accuracy', async () => {
    const examples = await examplesOf([undefined, undefined]);
    const found = await evaluate(model, { task, examples, threads: 1 });
    expect(found).toMatchObject({ accuracy: Number.NaN, unanswered: 2 });
    expect(JSON.parse(JSON.stringify(found)).accuracy).toBeNull();
    expect(await validated(examples)).toBeUndefined();
  });

  it('a model for another task is refused', async () => {
    const other = { ...task, name: 'another' };
    await expect(evaluate(model, { task: other, examples: [] })).rejects.toThrow(
      `evaluate: the model is for ${task.name}, and the task is another: give its own`,
    );
  });
});
