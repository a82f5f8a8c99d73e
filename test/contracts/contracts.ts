import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { collate, type EncodedExample, type Feeds } from '../../src/data/batch.ts';
import { gradients } from '../../src/engine/gradient.ts';
import type { Numbers, Weights } from '../../src/engine/numbers.ts';
import { generator, keyOf, uniform } from '../../src/engine/random.ts';
import { compile } from '../../src/engine/runtime/compile.ts';
import { input, type Tensor } from '../../src/engine/tensor.ts';
import { type Architecture, dide, vilt } from '../../src/model/architecture.ts';
import { inputsFor } from '../../src/model/inputs.ts';
import type { Answered } from '../../src/model/outputs.ts';
import { createParams, type RootParams } from '../../src/model/params.ts';
import { type Sizes, tiny } from '../../src/model/sizes.ts';
import type { Objective } from '../../src/objectives/objective.ts';
import type { Task } from '../../src/tasks/task.ts';
import { answered } from '../fixtures/answered.ts';

/** Small, with a vocabulary of nothing in particular. */
export const contractSizes: Sizes = { ...tiny, vocabulary: 40, words: 16 };
const head = { task: 'vqa', answers: 5 };
const inputs = inputsFor(contractSizes);

/** The target of every contract: [batch, 5]. */
export const target = input('target', ['batch', head.answers]);

/** A model in symbols, its parameters under a prefix of their own. */
export const symbolsOf = (model: Architecture, root: RootParams, prefix?: string): Answered =>
  answered(model, prefix === undefined ? root : root.within(prefix), inputs, {
    sizes: contractSizes,
    head,
  });

/** Numbers for all that was declared: larger than a beginning's, so that no gradient hides in rounding. */
export const numbersFor = ({ declared }: RootParams, alike: (name: string) => string = (name) => name): Weights =>
  new Map(
    [...declared].map(([name, { shape, initial }]) => {
      const count = shape.reduce((product, size) => product * size, 1);
      const drawn = uniform(keyOf(7, alike(name)), new Float32Array(count)).map((x) => (x - 0.5) * 0.4);
      return [name, { shape, data: initial === 'ones' ? drawn.map((x) => x + 1) : drawn }];
    }),
  );

/** An example of so many words about a picture of so many patches, down and across. */
export const encodedExample = (
  seed: number,
  words: number,
  [rows, columns]: readonly [number, number],
): EncodedExample => {
  const random = generator(keyOf(seed, 'example'));
  const { patch } = contractSizes;
  const [height, width] = [rows * patch, columns * patch];
  const data = Uint8Array.from({ length: height * width * 3 }, () => 256 * random());
  return {
    id: `example ${seed}`,
    words: Int32Array.from({ length: words }, () => contractSizes.vocabulary * random()),
    images: [{ rows, columns, pixels: { width, height, data } }],
  };
};

/** Three examples, each of another length and of another picture size. */
export const ragged = [
  encodedExample(1, 9, [2, 3]),
  encodedExample(2, 4, [1, 2]),
  encodedExample(3, 6, [3, 3]),
] as const;

/** Feeds of a graph for some examples, with targets. */
export const feedsFor = (examples: readonly EncodedExample[], padWordsTo = 0): Feeds => ({
  ...collate(examples, { patch: contractSizes.patch, grid: contractSizes.grid, padWordsTo }),
  target: {
    shape: [examples.length, head.answers],
    data: Float32Array.from({ length: examples.length * head.answers }, (_, i) => (i % 3 === 0 ? 1 : 0)),
  },
});

/** Batch with further tokens at the end, masked in every example. */
const withMaskedTail = (feeds: Feeds, tokens: number): Feeds =>
  Object.fromEntries(
    Object.entries(feeds).map(([name, numbers]) => [name, name === 'target' ? numbers : lengthened(numbers, tokens)]),
  );

const lengthened = ({ shape, data }: Numbers, tokens: number): Numbers => {
  const [batch, count, width = 1] = shape as [number, number, number?];
  const longer = new (data.constructor as Float32ArrayConstructor)(batch * (count + tokens) * width);
  for (let b = 0; b < batch; b += 1) {
    longer.set(data.subarray(b * count * width, (b + 1) * count * width), b * (count + tokens) * width);
  }
  return { shape: [batch, count + tokens, ...shape.slice(2)], data: longer };
};

/** Runs outputs once. */
export const valuesOf = async <O extends string>(outputs: Record<O, Tensor>, weights: Weights, feeds: Feeds) => {
  await using session = await compile(outputs, { parameters: weights, threads: 1 });
  return await session.run<O>(feeds);
};

/** The gradient of every wanted parameter, by name. */
const gradientsOf = async (loss: Tensor, wanted: ReadonlyMap<string, Tensor>, [weights, feeds]: [Weights, Feeds]) => {
  const names = new Map([...wanted].map(([name, tensor]) => [tensor, name]));
  const found = gradients(loss, new Set(wanted.values()));
  const outputs = Object.fromEntries([...found].map(([tensor, g]) => [`gradient ${names.get(tensor)}`, g]));
  const values = Object.entries(await valuesOf<string>(outputs, weights, feeds));
  return new Map(values.map(([name, gradient]) => [name.slice('gradient '.length), gradient]));
};

const largest = ({ data }: Numbers): number => Array.from(data).reduce((most, x) => Math.max(most, Math.abs(x)), 0);

/** Particulars of an objective. */
export interface ObjectiveOptions {
  /** Quantity that is 0 where student and teacher are the same: the loss, or only its gradient; `neither` has no teacher. */
  readonly zeroWhenEqual: 'value' | 'gradient' | 'neither';
  /** The student's parameters that it moves; it has no path to the others. Default: all. */
  readonly reaches?: ((name: string) => boolean) | undefined;
}

const TEACHER = 'teacher_model';

/** Contract of every objective, whoever wrote it. */
export const objectiveContract = (name: string, objective: Objective, options: ObjectiveOptions): void => {
  const { zeroWhenEqual, reaches = () => true } = options;
  const setUp = (teacherModel: Architecture) => {
    const p = createParams();
    const loss = objective(symbolsOf(dide, p), symbolsOf(teacherModel, p, TEACHER), target);
    const all = [...p.declared].map(([parameter, { tensor }]) => [parameter, tensor] as const);
    const ofStudent = new Map(all.filter(([parameter]) => !parameter.startsWith(TEACHER)));
    return { p, loss, all, ofStudent };
  };

  describe(`${name} keeps the contract of objectives`, () => {
    const { p, loss, all, ofStudent } = setUp(vilt);
    const reached = new Map([...ofStudent].filter(([parameter]) => reaches(parameter)));

    it('is one number, finite in a ragged batch and beside tokens that are masked in every example', async () => {
      for (const feeds of [feedsFor(ragged), withMaskedTail(feedsFor(ragged), 3)]) {
        const { loss: value } = await valuesOf({ loss }, numbersFor(p), feeds);
        expect(value.shape).toEqual([]);
        expect(value.data[0]).toBeGreaterThan(0);
        expect(value.data[0]).toBeLessThan(1e4);
      }
    });

    it('moves every parameter of the student that it should, by numbers', async () => {
      const found = await gradientsOf(loss, reached, [numbersFor(p), withMaskedTail(feedsFor(ragged), 3)]);
      expect([...found.keys()].sort()).toEqual([...reached.keys()].sort());
      for (const [parameter, gradient] of found) {
        expect(gradient.data.every(Number.isFinite), parameter).toBe(true);
        expect(largest(gradient), parameter).toBeGreaterThan(0);
      }
    });

    it('has no path to any other parameter, and to none of the teacher', () => {
      const others = all.filter(([parameter]) => !reached.has(parameter));
      expect(others.length).toBeGreaterThan(0);
      for (const [parameter, tensor] of others) {
        expect(() => gradients(loss, new Set([tensor])), parameter).toThrow('has no part in the loss');
      }
    });

    if (zeroWhenEqual === 'neither') return;
    it('is at rest where student and teacher are the same', async () => {
      const same = setUp(dide);
      const weights = numbersFor(same.p, (parameter) => parameter.replace(`${TEACHER}.`, ''));
      const { loss: value } = await valuesOf({ loss: same.loss }, weights, feedsFor(ragged));
      if (zeroWhenEqual === 'value') expect(Math.abs(value.data[0]!)).toBeLessThan(1e-6);
      const wanted = new Map([...same.ofStudent].filter(([parameter]) => reaches(parameter)));
      const found = await gradientsOf(same.loss, wanted, [weights, feedsFor(ragged)]);
      for (const [parameter, gradient] of found) expect(largest(gradient), parameter).toBeLessThan(1e-5);
    });
  });
};

/** Data for a task's contract: a folder, and one of its splits, whose answers are known. */
export interface TaskFixture {
  readonly folder: () => string;
  readonly split: string;
}

/** Contract of every task, whoever wrote it. */
export const taskContract = (task: Task, { folder, split }: TaskFixture): void => {
  describe(`${task.name} keeps the contract of tasks`, () => {
    it('reads examples that are whole: a text, its images, where they came from', async () => {
      const examples = await task.read(folder(), split);
      expect(examples.length).toBeGreaterThan(0);
      for (const { id, text, images } of examples) {
        expect(images, id).toHaveLength(task.images);
        expect(images.filter((image) => typeof image === 'string' && !existsSync(image))).toEqual([]);
        expect(text.trim(), id).not.toBe('');
        expect(id).toContain(split);
      }
      expect(new Set(examples.map(({ id }) => id)).size).toBe(examples.length);
    });

    it('has answers, each once and always in the same order', async () => {
      const answers = await task.answers(folder());
      expect(answers.length).toBeGreaterThan(1);
      expect(new Set(answers).size).toBe(answers.length);
      expect(await task.answers(folder())).toEqual(answers);
    });

    it('gives the known answer the most that can be earned, and a strange one nothing', async () => {
      const answers = await task.answers(folder());
      for (const example of await task.read(folder(), split)) {
        const earned = answers.map((answer) => task.score(answer, example));
        expect(Math.min(...earned), example.id).toBeGreaterThanOrEqual(0);
        expect(Math.max(...earned), example.id).toBe(Math.max(...example.answers.map(({ score }) => score)));
        expect(task.score('an answer that nobody gave', example)).toBe(0);
      }
    });

    it('says which splits there are when asked for another', async () => {
      await expect(task.read(folder(), 'no-such-split')).rejects.toThrow(split);
      await expect(task.read(folder(), 'no-such-split')).rejects.toMatchObject({ name: 'UserError' });
    });
  });
};
