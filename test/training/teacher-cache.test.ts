import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adaptModel, createStudent } from '../../src/checkpoints/derive.ts';
import { createModel } from '../../src/checkpoints/model-file.ts';
import type { Example } from '../../src/data/example.ts';
import { encodePng } from '../../src/data/image.ts';
import { loadBatches } from '../../src/data/loader.ts';
import { preprocessorFor } from '../../src/inference/preprocessor.ts';
import { nlvr2 } from '../../src/tasks/nlvr2.ts';
import { vqa } from '../../src/tasks/vqa.ts';
import { type FinetuneOptions, finetune, train } from '../../src/training/finetune.ts';
import { objectivesOf } from '../../src/training/losses.ts';
import type { TrainStep } from '../../src/training/options.ts';
import { answeringLosses } from '../../src/training/stages/answering-losses.ts';
import { openTeacherCache } from '../../src/training/teacher-outputs/cache.ts';
import { teacherTensors } from '../../src/training/teacher-outputs/train-on-cache.ts';
import { nanoDescription, writeNano } from '../fixtures/nano.ts';
import { expectAlike } from './alike.ts';

const home = mkdtempSync(join(tmpdir(), 'teacher-cache-'));
const scenes = join(home, 'scenes');
let examples: Example[];
beforeAll(async () => {
  await writeNano(scenes, 12);
  examples = await vqa.read(scenes, 'train');
}, 60_000);
afterAll(() => rmSync(home, { recursive: true, force: true }));

const teacher = createModel(nanoDescription('vilt'), 1);
const given = { task: vqa, batch: 4, updates: 6, learningRate: 1e-3, threads: 1, dropoutRate: 0, validateEvery: 6 };

const steps = async (options: Partial<FinetuneOptions>): Promise<TrainStep[]> => {
  const all: TrainStep[] = [];
  const student = createStudent(teacher, { depth: 1 });
  for await (const step of finetune(student, { ...given, teacher, data: scenes, ...options })) all.push(step);
  return all;
};

describe('a cached teacher', () => {
  const folder = join(home, 'kept');

  it('gives the losses of the teacher itself, and says what it saved', { timeout: 60_000 }, async () => {
    const said: string[] = [];
    expectAlike(await steps({ cacheTeacher: folder, onWarning: (message) => said.push(message) }), await steps({}));
    expect(said[0]).toBe(`caching what the teacher makes of ${examples.length} of ${examples.length} examples`);
    expect(said.at(-1)).toMatch(/^the cached teacher was asked 24 times and saved -?\d+\.\d s$/);
  });

  it.each([
    ['every layer, hidden states', { attention: 'hidden-states', layers: 'all' }],
    ['one softmax over padded texts', { attention: 'joint', padWordsTo: 20 }],
  ] as const)('gives them for %s', { timeout: 60_000 }, async (name, choices) => {
    const cacheTeacher = join(home, name);
    expectAlike(await steps({ ...choices, updates: 3, cacheTeacher }), await steps({ ...choices, updates: 3 }));
  });

  it('is asked for nothing twice, and reads record by record what does not fit the memory', async () => {
    const said: string[] = [];
    const model = createStudent(teacher, { depth: 1 });
    const objectives = objectivesOf({ losses: { soft: 1, attention: 1 } }, 'sigmoid');
    const tensors = teacherTensors(answeringLosses(model, teacher, objectives));
    const options = {
      ...{ folder, teacher, model, examples, tensors, threads: 1, onWarning: (message: string) => said.push(message) },
      preprocessor: preprocessorFor(teacher.config, { batch: 3 }),
    };
    await using held = await openTeacherCache(options);
    await using read = await openTeacherCache({ ...options, memory: 0 });
    expect(said).toEqual([]);
    for await (const batch of loadBatches(examples, [5, 0, 7], options.preprocessor)) {
      const feeds = await read.feeds(batch);
      expect(feeds).toEqual(await held.feeds(batch));
      expect(Object.keys(feeds).sort()).toEqual([
        ...['image.1.key', 'image.1.query', 'text.1.key', 'text.1.query'].map((name) => `kept_teacher.0.${name}`),
        'kept_teacher.logits',
      ]);
    }
    expect(read.saved().examples).toBe(3);
  });

  it('goes on where it was stopped, whatever was torn', { timeout: 60_000 }, async () => {
    const [index, records] = ['records.jsonl', 'records.f16'].map((name) => join(folder, name)) as [string, string];
    const [lines, bytes] = [readFileSync(index, 'utf8'), readFileSync(records)];
    truncateSync(records, bytes.length - 10);
    appendFileSync(index, '{"example":3,"at"');
    const said: string[] = [];
    await steps({ cacheTeacher: folder, updates: 1, onWarning: (message) => said.push(message) });
    expect(said[0]).toBe(`caching what the teacher makes of 1 of ${examples.length} examples`);
    expect(readFileSync(index, 'utf8').split('\n')).toHaveLength(lines.split('\n').length);
    expect(statSync(records).size).toBe(bytes.length);
  });

  it('is not taken for another, and not believed where it is damaged', { timeout: 60_000 }, async () => {
    const other = steps({ cacheTeacher: folder, attention: 'hidden-states' });
    await expect(other).rejects.toThrow(/kept was .*: give another folder/);
    const records = join(folder, 'records.f16');
    const bytes = readFileSync(records);
    writeFileSync(records, bytes.fill(0, 0, bytes.length));
    await expect(steps({ cacheTeacher: folder })).rejects.toThrow(/record of example \d+ is damaged/);
  });

  it('is waited for while another training fills it, so that two may begin at once', { timeout: 60_000 }, async () => {
    const said: string[][] = [[], []];
    const cacheTeacher = join(home, 'shared');
    const both = said.map((own) => steps({ updates: 2, cacheTeacher, onWarning: (message) => own.push(message) }));
    const [one, other] = await Promise.all(both);
    expectAlike(one!, other!);
    const all = said.flat();
    expect(all.filter((message) => message.startsWith('caching what the teacher makes of'))).toHaveLength(1);
    expect(all.filter((message) => message.endsWith('(this training waits for it)')).length).toBeGreaterThan(0);
  });

  it('is refused with augmentation, and without a teacher', async () => {
    await expect(steps({ cacheTeacher: folder, augment: 'randaugment' })).rejects.toThrow('with augmentation');
    const alone = finetune(createStudent(teacher), { ...given, data: scenes, cacheTeacher: folder });
    await expect(alone.next()).rejects.toThrow('there is no teacher to cache');
  });
});

describe('a cached teacher of pairs of images', () => {
  it('keeps both passes, of pictures of any size', { timeout: 60_000 }, async () => {
    const pictures: string[] = [];
    for (const [width, height] of [
      [48, 48],
      [96, 48],
      [48, 80],
    ] as const) {
      const data = Uint8Array.from({ length: width * height * 3 }, (_, at) => (at * 7919) % 251);
      pictures.push(join(home, `${width}x${height}.png`));
      writeFileSync(pictures.at(-1)!, await encodePng({ width, height, data }));
    }
    const pairs = examples.slice(0, 12).map((example, i) => ({
      ...example,
      images: [pictures[i % 3]!, pictures[Math.floor(i / 3) % 3]!],
      answers: [{ answer: i % 2 === 0 ? 'True' : 'False', score: 1 }],
    }));
    const paired = adaptModel(teacher, { task: nlvr2, answers: ['False', 'True'] });
    const run = async (how: 'whole' | 'cached'): Promise<TrainStep[]> => {
      const model = createStudent(paired);
      const options = {
        ...{ ...given, updates: 2, task: nlvr2, teacher: paired, examples: pairs, validation: pairs },
        preprocessor: preprocessorFor(model.config, { batch: 4 }),
      };
      const all: TrainStep[] = [];
      const folder = join(home, 'pairs');
      for await (const step of how === 'whole'
        ? train(model, options)
        : train(model, { ...options, cacheTeacher: folder }))
        all.push(step);
      return all;
    };
    expectAlike(await run('cached'), await run('whole'));
  });
});
