import { expect, it } from 'vitest';
import { configOf } from '../checkpoints/description.ts';
import { createModel } from '../checkpoints/model-file.ts';
import { SPECIAL_PIECES } from '../data/tokenizer.ts';
import { gradients } from '../engine/gradient.ts';
import { compile } from '../engine/runtime/compile.ts';
import { constant, input } from '../engine/tensor.ts';
import type { Answered } from '../model/outputs.ts';
import { tiny } from '../model/sizes.ts';
import { objectivesOf } from './losses.ts';
import { overSharedAnswers } from './shared-answers.ts';

const teacher = createModel(
  configOf(
    {
      ...{ model: 'vilt', task: 'vqa', images: 1, scoring: 'sigmoid', recipe: {} },
      ...{ sizes: { ...tiny, vocabulary: 5 }, vocabulary: [...SPECIAL_PIECES], answers: ['no', 'yes', 'maybe'] },
    },
    'test',
  ),
  1,
);
const answers = ['plant', 'maybe', 'no'];
const [mine, theirs] = [
  [5, 1, -1],
  [2, 9, -0.5],
];

/** Soft-label loss of one example, and its gradient by the student's logits. */
const lossOf = async (scoring: 'sigmoid' | 'softmax') => {
  const objectives = overSharedAnswers(
    objectivesOf({ losses: { hard: 1, soft: 1 } }, scoring),
    { answers, scoring },
    teacher,
  );
  const student = input('student', ['batch', 3]);
  const taught = constant({ shape: [1, 3], data: Float32Array.from(theirs!) });
  const outputs = (logits: typeof student): Answered => ({ encoded: [], logits });
  const loss = objectives.soft!.objective(outputs(student), outputs(taught), constant(0));
  const slope = gradients(loss, new Set([student])).get(student)!;
  await using session = await compile({ loss, slope }, { weights: new Map() });
  const found = await session.run({ student: { shape: [1, 3], data: Float32Array.from(mine!) } });
  return { loss: found.loss!.data[0]!, slope: [...found.slope!.data] };
};

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

it('soft labels by sigmoid are the mean over the shared answers, each by itself', async () => {
  const pairs = [
    [1, -0.5],
    [-1, 2],
  ] as const;
  const each = pairs.map(([z, t]) => Math.log1p(Math.exp(z)) - sigmoid(t) * z);
  const { loss, slope } = await lossOf('sigmoid');
  expect(loss).toBeCloseTo(each[0]! + each[1]!, 5);
  expect(slope[0]).toBe(0);
  expect(slope[1]).toBeCloseTo(sigmoid(1) - sigmoid(-0.5), 5);
  expect(slope[2]).toBeCloseTo(sigmoid(-1) - sigmoid(2), 5);
});

it('soft labels by softmax compare what both say where the answer is a shared one', async () => {
  const [q, p] = [sigmoid(1 - -1), sigmoid(-0.5 - 2)];
  const { loss, slope } = await lossOf('softmax');
  expect(loss).toBeCloseTo(p * Math.log(p / q) + (1 - p) * Math.log((1 - p) / (1 - q)), 5);
  expect(slope[0]).toBe(0);
  expect(slope[1]).toBeCloseTo(q - p, 5);
});

it('a teacher of whom no answer is known teaches none, and the others need ground truth', () => {
  const of = (losses: object, own: readonly string[], scoring: 'sigmoid' | 'softmax' = 'sigmoid') =>
    overSharedAnswers(objectivesOf({ losses }, scoring), { answers: own, scoring }, teacher);
  expect(() => of({ soft: 1, hard: 1 }, ['plant'])).toThrow('share 0 of 1 answers, too few for soft labels');
  expect(() => of({ soft: 1, hard: 1 }, ['plant', 'no'], 'softmax')).toThrow('share 1 of 2 answers, too few');
  expect(() => of({ soft: 1, attention: 1 }, answers)).toThrow('lacks 1 of 3 answers ("plant"), and nothing else');
  expect(() => of({ attention: 1 }, answers)).toThrow('nothing else teaches them');
  expect(Object.keys(of({ soft: 1 }, ['yes', 'no']))).toEqual(['soft']);
});
