import { writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { adaptModel, createStudent } from '../../src/checkpoints/derive.ts';
import { createModel, type Model } from '../../src/checkpoints/model-file.ts';
import type { Example } from '../../src/data/example.ts';
import { imageName } from '../../src/data/pictures/image-name.ts';
import { preprocessorFor } from '../../src/inference/preprocessor.ts';
import { MATCHING, pretrainingPurpose } from '../../src/model/purposes/pretraining.ts';
import type { Processes } from '../../src/processes/processes.ts';
import { retrieval } from '../../src/tasks/captions.ts';
import { nlvr2 } from '../../src/tasks/nlvr2.ts';
import { snliVe } from '../../src/tasks/snli-ve.ts';
import { vqa } from '../../src/tasks/vqa.ts';
import { finetune, train } from '../../src/training/finetune.ts';
import type { TrainStep } from '../../src/training/options.ts';
import { pretrain } from '../../src/training/pretrain.ts';
import { rankingTeacher, writeColourScenes } from '../fixtures/colours.ts';
import { nanoDescription, writeNano } from '../fixtures/nano.ts';

/** Data of the trainings, each kind in a folder of its own. */
export interface TrainingData {
  readonly scenes: string;
  readonly captions: string;
  readonly colours: string;
  /** Vocabulary of the colours. */
  readonly words: readonly string[];
}

/** Writes data of every kind into a folder. */
export const writeTrainingData = async (home: string): Promise<TrainingData> => {
  const [scenes, captions, colours] = ['scenes', 'captions', 'colours'].map((name) => join(home, name)) as [
    string,
    string,
    string,
  ];
  await writeNano(scenes);
  await writeNano(captions);
  for (const split of ['train', 'validation']) {
    const lines = (await vqa.read(captions, split)).map(({ images, text, answers }) =>
      JSON.stringify({ image: relative(captions, imageName(images[0]!)), caption: `${text} ${answers[0]!.answer}` }),
    );
    writeFileSync(join(captions, `${split}.jsonl`), lines.join('\n'));
  }
  return { scenes, captions, colours, words: await writeColourScenes(colours) };
};

/** Options of a training besides its own. */
interface Given {
  readonly batch: number;
  readonly updates: number;
  readonly processes?: Processes | undefined;
  readonly folder?: string | undefined;
}

/** A training at toy size: its model, and its steps. */
export interface Training {
  readonly model: Model;
  readonly steps: AsyncIterable<TrainStep>;
}

const usual = { threads: 1, dropoutRate: 0.1, learningRate: 1e-4, seed: 5, validateEvery: 10 };

const fusion = (): Model => createModel(nanoDescription('vilt'), 1);

const untrained = (): Model =>
  createModel(
    {
      ...nanoDescription('vilt'),
      ...{ purpose: pretrainingPurpose, task: 'pretraining', scoring: 'softmax', answers: [...MATCHING] },
    },
    1,
  );

/** Examples of the scenes with two pictures each, or of three answers, made of those with one. */
const pairsOf = (examples: readonly Example[]): Example[] =>
  examples.map((example, i) => ({
    ...example,
    images: [...example.images, ...examples[(i + 1) % examples.length]!.images],
    answers: [{ answer: i % 3 === 0 ? 'True' : 'False', score: 1 }],
  }));
const judged = (examples: readonly Example[]): Example[] =>
  examples.map((example, i) => ({
    ...example,
    answers: [{ answer: ['contradiction', 'neutral', 'entailment'][i % 3]!, score: 1 }],
  }));

const answering =
  (options: object, student: (teacher: Model) => Model = (teacher) => createStudent(teacher, { seed: 2 })) =>
  ({ scenes }: TrainingData, given: Given): Training => {
    const teacher = fusion();
    const model = student(teacher);
    return { model, steps: finetune(model, { ...usual, teacher, task: vqa, data: scenes, ...options, ...given }) };
  };

const onExamples =
  (
    task: typeof nlvr2 | typeof snliVe,
    answers: readonly string[],
    change: (examples: readonly Example[]) => Example[],
  ) =>
  ({ scenes }: TrainingData, { processes, batch, ...given }: Given): Training => {
    const teacher = adaptModel(fusion(), { task, answers });
    const model = createStudent(teacher, { seed: 2 });
    const steps = async function* () {
      const [examples, validation] = [await vqa.read(scenes, 'train'), await vqa.read(scenes, 'validation')];
      const whole = batch * (processes?.size ?? 1);
      yield* train(model, {
        ...{ ...usual, teacher, task, processes, ...given },
        ...{ examples: change(examples), validation: change(validation) },
        preprocessor: preprocessorFor(model.config, { batch: whole, pictures: 'as-shown' }),
      });
    };
    return { model, steps: steps() };
  };

const retrieving =
  (
    options: object,
    { isStudent = true, scoring = 'softmax' }: { isStudent?: boolean; scoring?: 'softmax' | 'sigmoid' } = {},
  ) =>
  ({ colours, words }: TrainingData, given: Given): Training => {
    const teacher = rankingTeacher(words);
    const begun = isStudent ? createStudent(teacher, { seed: 2 }) : teacher;
    const model = scoring === 'softmax' ? begun : createModel({ ...begun.config, scoring }, 2);
    const run = { ...usual, task: retrieval, data: colours, ...(isStudent && { teacher }), ...options };
    return { model, steps: finetune(model, { ...run, ...given }) };
  };

const beginning =
  (options: object, isStudent = true) =>
  ({ captions }: TrainingData, given: Given): Training => {
    const teacher = untrained();
    const model = isStudent ? createStudent(teacher, { seed: 2 }) : teacher;
    const run = { ...usual, data: captions, ...(isStudent && { teacher }), ...options };
    return { model, steps: pretrain(model, { ...run, ...given }) };
  };

/** Every stage and task, and every option that draws or counts over a batch, by name. */
export const trainings = {
  'vqa, distilled': answering({}),
  'vqa, clipped, several batches an update': answering({ accumulation: 2, clip: 0.05 }),
  'vqa, real tokens alone are compared': answering({ queries: 'valid', clip: 1 }),
  'vqa, hidden states of all layers': answering({ attention: 'hidden-states', layers: 'all' }),
  'vqa, other pictures at each update': answering({ augment: 'randaugment', maxPatches: 5 }),
  'vqa, ground truth, a frozen encoder': answering({ teacher: undefined, losses: { hard: 1 }, freeze: 'image' }),
  'nlvr2, two pictures': onExamples(nlvr2, ['False', 'True'], pairsOf),
  'snli-ve, three answers': onExamples(snliVe, ['contradiction', 'neutral', 'entailment'], judged),
  'retrieval by contrast': retrieving({}),
  'retrieval by contrast over several batches': retrieving({ accumulation: 2 }),
  'retrieval by sigmoid': retrieving({ losses: { hard: 1 } }, { scoring: 'sigmoid' }),
  'retrieval, hard negatives scored by the teacher': retrieving({
    ...{ losses: { hard: 1, soft: 1, ranking: 1, attention: 1 }, candidates: 2 },
  }),
  'retrieval by a fusion encoder': retrieving({ falseTexts: 3 }, { isStudent: false }),
  'stage 1, distilled': beginning({}),
  'stage 1, hard negatives': beginning({ negatives: 'hard', queries: 'valid' }),
  'stage 1, patches drawn, several batches an update': beginning({ maxPatches: 5, accumulation: 2 }),
  'stage 1 of a fusion encoder, words aligned with patches': beginning({ alignment: 0.1 }, false),
} as const satisfies Readonly<Record<string, (data: TrainingData, given: Given) => Training>>;

export type TrainingName = keyof typeof trainings;
