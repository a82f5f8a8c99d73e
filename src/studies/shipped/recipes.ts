import {
  adaptModel,
  createStudent,
  type FinetuneOptions,
  type Learnable,
  type Model,
  nlvr2,
  type PretrainOptions,
  pretraining,
  retrieval,
  snliVe,
  vqa,
} from '../../index.ts';
import { type View, views } from '../scenes/views.ts';
import type { CaptionStyle, World } from '../scenes/world.ts';
import { type MiniScenes, miniWorld, quickstartWorld } from './mini-scenes.ts';
import { SEED, untrainedEncoder } from './untrained-encoder.ts';

/** Names of the files of weights that come with the package, or that were made for a study, without their ending. */
export const shippedNames = [
  'pretrained-mini',
  'teacher-mini',
  'teacher-nlvr2-mini',
  'teacher-snli-ve-mini',
  'teacher-retrieval-mini',
  'student-pretrained-mini',
  'student-mini',
] as const;

export type ShippedName = (typeof shippedNames)[number];

/** One training: a data set, and the options in which trainings differ. */
export interface Lesson {
  readonly scenes: MiniScenes;
  readonly training: Pick<FinetuneOptions, 'learningRate' | 'warmup' | 'queries' | 'falseTexts' | 'sameWords'> &
    Pick<PretrainOptions, 'masking'> & {
      readonly batch: number;
      readonly updates: number;
      readonly validateEvery: number;
    };
  /** Weights that go on: those that were best on validation, or the last. Default: the best. */
  readonly keeps?: 'last' | undefined;
}

interface Training {
  /** Description of the file, for the help. */
  readonly summary: string;
  /** File that it is distilled from. Default: it learns from ground truth alone. */
  readonly teacher?: ShippedName | undefined;
  /** Trainings by name; those of one name have the same data set, in whatever recipe. */
  readonly lessons: Readonly<Record<string, Lesson>>;
}

/** Recipe of a file of weights: from another file or from random weights, by trainings one after the other. */
export type Recipe = Training &
  (
    | { readonly from: ShippedName; readonly begin: (from: Model) => Model }
    | { readonly from?: undefined; readonly begin: () => Model }
  );

/** Task that is learnt from each view of the scenes. */
export const learnt = { vqa, nlvr2, ve: snliVe, retrieval, pretraining } as const satisfies Record<View, Learnable>;

/** Options that all trainings share. */
export const sharedTraining = {
  clip: 1,
  dropoutRate: 0,
  order: 'torch',
  decay: 'correct',
  seed: SEED,
} as const satisfies Partial<FinetuneOptions>;

/** Ratio of the words of a caption that are masked: its few words leave the rest enough to go by. */
const masking = { share: 0.25 } as const;

/** A lesson of captions: images with as few or many things as the world says. */
const captionLesson = (
  scenes: Pick<MiniScenes, 'seed' | 'pairs'>,
  world: Pick<World, 'name' | 'objects'>,
  captions: Omit<CaptionStyle, 'fewest'>,
  updates: number,
): Lesson => ({
  scenes: {
    ...{ view: 'pretraining', heldOutPairs: 500, texts: 6, ...scenes },
    world: { ...miniWorld, ...world, captions: { fewest: world.objects.fewest, ...captions } },
  },
  training: { batch: 64, updates, learningRate: 8e-4, warmup: 0.05, validateEvery: 250, masking },
  keeps: 'last',
});

/**
 * Trainings of the fusion encoder on captions, from random weights: masked words and matching. They ask more from
 * lesson to lesson: where one or two things stand; how two stand relative to each other, mostly beside the places of
 * both, from which the relation can be read; relations alone, among up to five things. Without the first two, words of
 * places and relations stay at chance for thousands of updates; with them a word such as `left` is right nine times in
 * ten after two thousand.
 */
const captionLessons = {
  places: captionLesson(
    { seed: 11, pairs: 20_000 },
    { name: 'teacher-places', objects: { fewest: 1, most: 2 } },
    { place: 0.35, relation: 0.4, placesToo: 0 },
    3000,
  ),
  relations: captionLesson(
    { seed: 14, pairs: 20_000 },
    { name: 'teacher-relations', objects: { fewest: 2, most: 3 } },
    { place: 0.15, relation: 0.8, placesToo: 0.6 },
    3500,
  ),
  captions: captionLesson(
    { seed: 1, pairs: 40_000 },
    { name: 'teacher-captions', objects: { fewest: 1, most: 5 } },
    { place: 0.35, relation: 0.4, placesToo: 0 },
    6000,
  ),
} as const satisfies Record<string, Lesson>;

/** Data sets of fine-tuning, by the names of their lessons; no two share an image. */
const scenes = {
  questions: { seed: 2, pairs: 40_000, heldOutPairs: 750 },
  moreQuestions: { seed: 12, pairs: 80_000, heldOutPairs: 750 },
  statements: { view: 'nlvr2', seed: 3, pairs: 16_000, heldOutPairs: 400 },
  hypotheses: { view: 've', seed: 4, pairs: 60_000, heldOutPairs: 500 },
  moreHypotheses: { view: 've', seed: 34, pairs: 60_000, heldOutPairs: 500 },
  withoutRelations: { seed: 22, pairs: 80_000, heldOutPairs: 750, world: quickstartWorld },
  morePairs: { seed: 32, pairs: 80_000, heldOutPairs: 750, plain: 0, world: quickstartWorld },
  quadruples: { view: 'retrieval', seed: 5, pairs: 20_000, heldOutPairs: 300 },
} as const satisfies Record<string, MiniScenes>;

/** Options of the fine-tuning of the fusion encoder. */
const teaching = { batch: 64, learningRate: 6e-4, warmup: 0.05, validateEvery: 500 } as const;

/**
 * Options of the fusion encoder that ranks: a whole pass for each of six texts an image, three of them of the same words
 * as its own, from which it learns what random texts do not ask for.
 */
const ranking = { batch: 16, falseTexts: 5, sameWords: 3 } as const;

/** Options of the trainings of the student. */
const learning = { batch: 64, learningRate: 1e-3, warmup: 0.1, validateEvery: 1000 } as const;

/** The model with a new head for a task of its world, whose questions have one right answer each. */
const answering = (from: Model, view: 'vqa' | 'nlvr2' | 've'): Model =>
  adaptModel(from, {
    task: { ...learnt[view], scoring: 'softmax' },
    answers: views[view].answers(miniWorld),
    seed: SEED,
  });

/** The recipe of each file. */
export const recipes: Readonly<Record<ShippedName, Recipe>> = {
  'pretrained-mini': {
    summary: 'fusion encoder after stage 1 on captions',
    begin: untrainedEncoder,
    lessons: captionLessons,
  },
  'teacher-mini': {
    summary: 'fusion encoder that answers questions: the teacher of the quickstart',
    from: 'pretrained-mini',
    begin: (from) => answering(from, 'vqa'),
    lessons: {
      questions: { scenes: scenes.questions, training: { ...teaching, updates: 16_000, validateEvery: 250 } },
      moreQuestions: { scenes: scenes.moreQuestions, training: { ...teaching, updates: 20_000, validateEvery: 1000 } },
    },
  },
  'teacher-nlvr2-mini': {
    summary: 'fusion encoder that judges statements about two pictures',
    from: 'teacher-mini',
    begin: (from) => answering(from, 'nlvr2'),
    lessons: { statements: { scenes: scenes.statements, training: { ...teaching, updates: 12_000 } } },
  },
  'teacher-snli-ve-mini': {
    summary: 'fusion encoder that judges whether a picture entails a hypothesis',
    from: 'teacher-mini',
    begin: (from) => answering(from, 've'),
    lessons: {
      hypotheses: { scenes: scenes.hypotheses, training: { ...teaching, updates: 12_000 } },
      moreHypotheses: { scenes: scenes.moreHypotheses, training: { ...teaching, updates: 16_000 } },
    },
  },
  'teacher-retrieval-mini': {
    summary: 'fusion encoder that ranks captions of the same words',
    from: 'teacher-mini',
    begin: (from) => adaptModel(from, { task: retrieval, answers: [], seed: SEED }),
    lessons: {
      quadruples: { scenes: scenes.quadruples, training: { ...teaching, ...ranking, updates: 12_000 } },
    },
  },
  'student-pretrained-mini': {
    summary: 'student after stage 1 on captions, distilled from pretrained-mini',
    from: 'pretrained-mini',
    teacher: 'pretrained-mini',
    begin: (from) => createStudent(from, { seed: SEED }),
    lessons: {
      captions: {
        scenes: captionLessons.captions.scenes,
        training: { ...learning, updates: 6000, queries: 'valid', masking },
      },
    },
  },
  'student-mini': {
    summary: 'student that answers questions, distilled from teacher-mini: the one of the quickstart',
    from: 'student-pretrained-mini',
    teacher: 'teacher-mini',
    begin: (from) => answering(from, 'vqa'),
    lessons: {
      withoutRelations: { scenes: scenes.withoutRelations, training: { ...learning, updates: 22_000 } },
      morePairs: { scenes: scenes.morePairs, training: { ...learning, updates: 15_000 } },
    },
  },
};
