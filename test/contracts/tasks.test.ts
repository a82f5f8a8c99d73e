import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createStudent } from '../../src/checkpoints/derive.ts';
import { configOf } from '../../src/checkpoints/description.ts';
import { createModel, type Model } from '../../src/checkpoints/model-file.ts';
import { encodePng } from '../../src/data/image.ts';
import { createTokenizer, SPECIAL_PIECES } from '../../src/data/tokenizer.ts';
import { evaluate } from '../../src/evaluation/evaluate.ts';
import type { ModelConfig } from '../../src/model/config.ts';
import { tiny } from '../../src/model/sizes.ts';
import { writeScenes } from '../../src/studies/scenes/write.ts';
import { nlvr2 } from '../../src/tasks/nlvr2.ts';
import { snliVe } from '../../src/tasks/snli-ve.ts';
import type { Task } from '../../src/tasks/task.ts';
import { finetune } from '../../src/training/finetune.ts';
import { nanoWorld } from '../fixtures/nano.ts';
import { taskContract } from './contracts.ts';

const home = mkdtempSync(join(tmpdir(), 'tasks-'));
const folderOf = ({ name }: Task): string => join(home, name);
afterAll(() => rmSync(home, { recursive: true, force: true }));

const views = [
  [nlvr2, 'nlvr2', ['consistency']],
  [snliVe, 've', ['contradiction as contradiction', 'neutral as entailment']],
] as const;

beforeAll(async () => {
  const sizes = { train: 8, validation: 3 };
  for (const [task, view] of views)
    await writeScenes(folderOf(task), { seed: 1, view, world: nanoWorld, sizes, encodePng });
}, 60_000);

const describedFor = async (task: Task): Promise<ModelConfig> => {
  const examples = await task.read(folderOf(task), 'train');
  const words = examples.flatMap(({ text }) => createTokenizer(SPECIAL_PIECES).encode(text).unknown);
  const vocabulary = [...SPECIAL_PIECES, ...new Set(words)];
  return configOf(
    {
      ...{ model: 'vilt', task: task.name, images: task.images, scoring: task.scoring, vocabulary, recipe: {} },
      sizes: { ...tiny, vocabulary: vocabulary.length, types: 1 + task.images },
      answers: [...(await task.answers(folderOf(task)))],
    },
    'test',
  );
};

/** The losses of a few updates. */
const taught = async (task: Task, model: Model, teacher?: Model): Promise<Record<string, number>[]> => {
  const losses: Record<string, number>[] = [];
  const options = {
    teacher,
    task,
    data: folderOf(task),
    batch: 4,
    updates: 30,
    learningRate: 1e-3,
    dropoutRate: 0,
    threads: 1,
  };
  for await (const step of finetune(model, options)) losses.push(step.losses);
  return losses;
};

const meanOf = (losses: readonly Record<string, number>[]): number =>
  losses.reduce((sum, { attention }) => sum + attention!, 0) / losses.length;

for (const [task, , measured] of views) {
  taskContract(task, { folder: () => folderOf(task), split: 'validation' });

  describe(`${task.name}, from a teacher to its student`, () => {
    it('is trained on ground truth, distilled, and measured', { timeout: 60_000 }, async () => {
      const teacher = createModel(await describedFor(task), 1);
      const before = await taught(task, teacher);
      expect(Math.abs(before[0]!.hard! - Math.log(teacher.config.answers.length))).toBeLessThan(0.3);
      const student = createStudent(teacher);
      const losses = await taught(task, student, teacher);
      expect(meanOf(losses.slice(-8))).toBeLessThan(meanOf(losses.slice(0, 8)));
      const examples = await task.read(folderOf(task), 'validation');
      const measures = task.measures!((await evaluate(student, { task, examples, batch: 4, threads: 1 })).predictions);
      for (const name of measured) expect(measures[name]!.length).toBeGreaterThan(0);
    });
  });
}
