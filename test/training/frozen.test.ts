import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createStudent } from '../../src/checkpoints/derive.ts';
import { createModel, type Model } from '../../src/checkpoints/model-file.ts';
import type { Weights } from '../../src/engine/numbers.ts';
import { add, concat, matmul, multiply, reshape, softmax, sum, transpose } from '../../src/engine/ops.ts';
import { compile } from '../../src/engine/runtime/compile.ts';
import { substituted } from '../../src/engine/substitute.ts';
import { input, parameter, type Tensor } from '../../src/engine/tensor.ts';
import { MATCHING, pretrainingPurpose as purpose } from '../../src/model/purposes/pretraining.ts';
import { retrieval } from '../../src/tasks/captions.ts';
import { vqa } from '../../src/tasks/vqa.ts';
import { type FinetuneOptions, finetune } from '../../src/training/finetune.ts';
import { cutsOf } from '../../src/training/frozen/cut.ts';
import { keepTensors } from '../../src/training/frozen/keep.ts';
import { pretrain } from '../../src/training/pretrain.ts';
import { rankingTeacher, writeColourScenes } from '../fixtures/colours.ts';
import { nanoDescription, writeNano } from '../fixtures/nano.ts';

const home = mkdtempSync(join(tmpdir(), 'frozen-'));
const [questions, captions] = [join(home, 'questions'), join(home, 'captions')];
let vocabulary: string[];
beforeAll(async () => {
  await writeNano(questions, 8);
  vocabulary = await writeColourScenes(captions);
}, 60_000);
afterAll(() => rmSync(home, { recursive: true, force: true }));

const usual = { batch: 4, updates: 20, learningRate: 1e-3, warmup: 0, threads: 1, validateEvery: 20 };
/** Room for nothing: all that is frozen is computed at every update. */
const computed = { frozenMemory: 0 };

/** Largest difference of the totals of two trainings, as a share of the total. */
const apart = async (train: (options: object) => AsyncIterable<{ losses: Readonly<Record<string, number>> }>) => {
  const totals = async (options: object): Promise<number[]> => {
    const found: number[] = [];
    for await (const { losses } of train({ ...usual, ...options })) found.push(losses.total!);
    return found;
  };
  const [kept, whole] = [await totals({}), await totals(computed)];
  expect(kept).toHaveLength(20);
  expect(kept[19]).not.toBe(kept[0]);
  return Math.max(...kept.map((loss, i) => Math.abs(loss - whole[i]!) / whole[i]!));
};

const sides = ['image', 'text', 'image,text'];

describe.each(sides)('what is frozen is computed once, and the losses stay: %s', (freeze) => {
  const teacher = createModel(nanoDescription('vilt'), 1);
  const answering = (options: object) =>
    finetune(createStudent(teacher, { seed: 3 }), {
      ...{ task: vqa, data: questions, teacher, freeze, ...options },
    } as FinetuneOptions);
  const ranker = (): Model => rankingTeacher(vocabulary);
  const retrieving = (options: object) =>
    finetune(createStudent(ranker(), { seed: 3 }), {
      ...{ task: retrieval, data: captions, teacher: ranker(), freeze, ...options },
    } as FinetuneOptions);

  it('with cross-modal attention', async () => expect(await apart(answering)).toBeLessThan(1e-6));

  it('with the whole attention at all layers', async () => {
    const all = { attention: 'whole', layers: 'all' };
    expect(await apart((options) => answering({ ...options, ...all }))).toBeLessThan(1e-6);
  });

  it('with its lower half frozen by a pattern', async () => {
    const half = `^(${freeze.replace(',', '|')})_encoder.*(embed|blocks\\.0)`;
    expect(await apart((options) => answering({ ...options, freeze: half }))).toBeLessThan(1e-6);
  });

  it('in retrieval over several micro-batches', async () => {
    expect(await apart((options) => retrieving({ ...options, accumulation: 2 }))).toBeLessThan(1e-6);
  });

  it('in pre-training, where a text has two pictures', async () => {
    const heads = { purpose, task: purpose.name, scoring: 'softmax' as const, answers: [...MATCHING] };
    const matcher = createModel({ ...ranker().config, ...heads }, 1);
    const stage1 = (options: object) =>
      pretrain(createStudent(matcher, { seed: 3 }), { ...usual, data: captions, freeze, ...options });
    expect(await apart(stage1)).toBeLessThan(1e-6);
  });
});

const patches = input('patches', ['batch', 'patches', 2]);
const w = parameter('w', [2, 3]);
const tower = reshape(matmul(reshape(patches, ['batch*patches', 2]), w), ['batch', 'patches', 3]);

describe('a graph is cut', () => {
  const words = input('questions', ['batch', 'patches', 3]);
  const cutIn = (outputs: readonly Tensor[]) => cutsOf(outputs, (name) => name === 'w').map(({ tensors }) => tensors);

  it('at the last tensors that follow from each picture alone, before they are transposed', () => {
    const attention = matmul(multiply(words, 2), transpose(multiply(tower, 3), [0, 2, 1]));
    const [[cut, ...others] = []] = cutIn([sum(attention)]);
    expect(others).toEqual([]);
    expect(cut!.shape).toEqual(['batch', 'patches', 3]);
    expect((cut!.made as { operator: string }).operator).toBe('Mul');
  });

  it.each<[string, Tensor]>([
    ['where pictures are summed', add(words, sum(tower, [0]))],
    ['where pictures are compared', softmax(transpose(tower, [1, 2, 0]))],
    ['where pictures stand behind each other', concat([tower, tower], 0)],
    ['where rows change their places', reshape(transpose(tower, [1, 0, 2]), ['batch', 'patches', 3])],
    ['where a trained parameter acts', multiply(tower, parameter('trained', [3]))],
    ['where a text acts', add(tower, words)],
  ])('before it %s', (_, mixed) => {
    expect(cutIn([sum(mixed)])).toEqual([[tower]]);
  });

  it('nowhere, where nothing that pictures run through is frozen', () => {
    expect(cutsOf([sum(tower)], () => false)).toEqual([]);
  });
});

describe('tensors that are kept', () => {
  const batch = (...rows: number[][]) => ({
    patches: { shape: [rows.length, 1, 2], data: Float32Array.from(rows.flat()) },
  });
  const numbers = (...data: number[]): Weights => new Map([['w', { shape: [2, 3], data: Float32Array.from(data) }]]);
  const cuts = cutsOf([sum(tower)], () => true);

  it('are those of the first time, in the order of the batch', async () => {
    const parameters = numbers(1, 0, 0, 0, 1, 0);
    await using kept = await keepTensors(cuts, { parameters, memory: 2 ** 20, threads: 1 });
    await using session = await compile(substituted({ tower: multiply(tower, 1) }, kept.replacements), { threads: 1 });
    const feeds = await kept.feeds(batch([1, 2], [3, 4]));
    expect([...(await session.run<'tower'>(feeds)).tower.data]).toEqual([1, 2, 0, 3, 4, 0]);
    parameters.get('w')!.data.fill(1);
    const [again] = Object.values(await kept.feeds(batch([3, 4], [5, 6], [1, 2])));
    expect([...again!.data]).toEqual([3, 4, 0, 11, 11, 11, 1, 2, 0]);
  });

  it('are as many as there is room for; it is said where there is none, and the others are computed', async () => {
    const said: string[] = [];
    const parameters = numbers(1, 0, 0, 0, 1, 0);
    const onWarning = (message: string): number => said.push(message);
    await using kept = await keepTensors(cuts, { parameters, threads: 1, memory: 12, onWarning });
    await kept.feeds(batch([1, 2], [3, 4]));
    parameters.get('w')!.data.fill(1);
    const [again] = Object.values(await kept.feeds(batch([1, 2], [3, 4])));
    expect([...again!.data]).toEqual([1, 2, 0, 7, 7, 7]);
    expect(said).toEqual([expect.stringMatching(/1 picture fills .* computed at every update for all others/)]);
  });
});
