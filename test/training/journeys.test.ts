import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createStudent } from '../../src/checkpoints/derive.ts';
import { loadModel } from '../../src/checkpoints/load.ts';
import { createModel, type Model } from '../../src/checkpoints/model-file.ts';
import type { Example } from '../../src/data/example.ts';
import { evaluate } from '../../src/evaluation/evaluate.ts';
import { vqa } from '../../src/tasks/vqa.ts';
import { type FinetuneOptions, finetune } from '../../src/training/finetune.ts';
import type { TrainStep } from '../../src/training/options.ts';
import { nanoDescription, writeNano } from '../fixtures/nano.ts';

const home = mkdtempSync(join(tmpdir(), 'journeys-'));
const scenes = join(home, 'scenes');
let validation: Example[];
beforeAll(async () => {
  await writeNano(scenes);
  validation = await vqa.read(scenes, 'validation');
}, 60_000);
afterAll(() => rmSync(home, { recursive: true, force: true }));

const untaught = (): Model => createModel(nanoDescription('vilt'), 1);

const given = { task: vqa, batch: 16, learningRate: 2e-3, dropoutRate: 0.1, threads: 1, seed: 5 };

/** Every step of a fine-tuning on the nano scenes. */
const taught = async (model: Model, teacher: Model | undefined, options: Partial<FinetuneOptions>) => {
  const steps: TrainStep[] = [];
  for await (const step of finetune(model, { ...given, teacher, data: scenes, ...options })) steps.push(step);
  return steps;
};

const meanOf = (steps: readonly TrainStep[], loss: string): number =>
  steps.reduce((sum, { losses }) => sum + losses[loss]!, 0) / steps.length;

const accuracy = async (trained: Model): Promise<number> => {
  return (await evaluate(trained, { task: vqa, examples: validation, batch: 16, threads: 1 })).accuracy;
};

const bits = ({ weights }: Model) => [...weights].map(([name, { data }]) => [name, Buffer.from(data.buffer.slice(0))]);

describe('from scenes to a teacher, and from it to a student', () => {
  const teacher = untaught();
  const folder = join(home, 'student');
  let student: Model;
  let ofTeacher: TrainStep[];
  let steps: TrainStep[];

  beforeAll(async () => {
    ofTeacher = await taught(teacher, undefined, { updates: 80, validateEvery: 80 });
    student = createStudent(teacher);
    steps = await taught(student, teacher, { updates: 60, validateEvery: 20, folder });
  }, 120_000);

  it('the loss of the teacher falls to less than half', () => {
    expect(meanOf(ofTeacher.slice(-10), 'hard')).toBeLessThan(0.5 * meanOf(ofTeacher.slice(0, 10), 'hard'));
  });

  it('each loss of the student falls', () => {
    for (const loss of ['soft', 'attention', 'total']) {
      expect(meanOf(steps.slice(-10), loss), loss).toBeLessThan(0.9 * meanOf(steps.slice(0, 10), loss));
    }
  });

  it('the best weights are kept, and answer as well as the training said', async () => {
    const validated = steps.flatMap(({ validation: one }) => (one === undefined ? [] : [one]));
    expect(validated).toHaveLength(3);
    const best = await loadModel(join(folder, 'best.safetensors'));
    expect(await accuracy(best)).toBe(Math.max(...validated));
    expect(best.config.recipe).toMatchObject({ best: { accuracy: Math.max(...validated) } });
  });

  it('the student in memory is the one of the last update', async () => {
    expect(await accuracy(student)).toBe(steps.at(-1)!.validation);
  });
});

describe('a training follows from its seed', () => {
  const trainedWith = async (options: Partial<FinetuneOptions>) => {
    const [teacher, steps] = [untaught(), []] as [Model, TrainStep[]];
    const student = createStudent(teacher);
    steps.push(...(await taught(student, teacher, { updates: 8, validateEvery: 8, ...options })));
    return { bits: bits(student), losses: steps.map(({ losses }) => losses) };
  };

  it('to the bit, on one thread and on two; another seed is another training', { timeout: 120_000 }, async () => {
    const first = await trainedWith({});
    expect(await trainedWith({})).toEqual(first);
    expect(await trainedWith({ threads: 2 })).toEqual(first);
    expect((await trainedWith({ seed: 6 })).losses).not.toEqual(first.losses);
  });
});

describe('a long training', () => {
  it('needs no more memory in its last hundred updates than before', { timeout: 120_000 }, async () => {
    const rss: number[] = [];
    const options = { ...given, teacher: untaught(), data: scenes, updates: 200, validateEvery: 200, batch: 4 };
    for await (const _ of finetune(createStudent(untaught()), options)) rss.push(process.memoryUsage().rss);
    const peak = (from: number, to: number): number => Math.max(...rss.slice(from, to));
    expect(rss).toHaveLength(200);
    const mebibytes = (peak(100, 200) - peak(0, 100)) / 2 ** 20;
    expect(mebibytes).toBeLessThan(32);
  });
});
