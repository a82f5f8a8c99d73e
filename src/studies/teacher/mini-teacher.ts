import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MATCHING, SPECIAL_PIECES } from '../../data.ts';
import {
  adaptModel,
  type FinetuneOptions,
  finetune,
  type Model,
  pretrain,
  pretraining,
  saveModel,
  type TrainStep,
  vqa,
} from '../../index.ts';
import { createConfig, createModel, mini, vilt } from '../../model.ts';
import { answersOf, wordsOf } from '../scenes/vocabulary.ts';
import type { CaptionStyle, World } from '../scenes/world.ts';
import type { Progress } from '../scenes/write.ts';
import { miniWorld, type ScenesOptions, writeMiniScenes } from './mini-scenes.ts';

/** One training of the teacher: a data set, and the batch size, updates and learning rate. */
interface Lesson {
  readonly scenes: ScenesOptions;
  readonly training: Pick<FinetuneOptions, 'batch' | 'learningRate'> & { readonly updates: number };
}

/** A lesson of stage 1: captioned images with as few or many things as the world says. */
const captionLesson = (
  scenes: Pick<ScenesOptions, 'seed' | 'pairs'>,
  world: Pick<World, 'name' | 'objects'>,
  captions: Omit<CaptionStyle, 'fewest'>,
  updates: number,
): Lesson => ({
  scenes: {
    ...{ view: 'pretraining', heldOutPairs: 500, texts: 6, ...scenes },
    world: { ...miniWorld, ...world, captions: { fewest: world.objects.fewest, ...captions } },
  },
  training: { batch: 64, updates, learningRate: 8e-4 },
});

/**
 * Trainings of the shipped teacher, one after the other, from random weights. Captions come first, masked words and
 * matching, and ask more from lesson to lesson: where one or two things stand; how two stand relative to each other,
 * mostly beside the places of both, from which the relation can be read; relations alone, among up to five things.
 * Without the first two, words of places and relations stay at chance for thousands of updates; with them a word such as
 * `left` is right nine times in ten after two thousand. Questions come last.
 */
export const teacherLessons = {
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
  questions: {
    scenes: { seed: 2, pairs: 40_000, heldOutPairs: 750 },
    training: { batch: 64, updates: 16_000, learningRate: 6e-4 },
  },
} as const satisfies Record<string, Lesson>;

type LessonName = keyof typeof teacherLessons;

/** Lessons of stage 1, in their order. */
const captionLessons = ['places', 'relations', 'captions'] as const;

/** Ratio of the words of a caption that are masked: its few words leave the rest enough to go by. */
const MASKED = 0.25;

/** Path of the teacher that comes with the package; its model card is beside it. */
export const SHIPPED_TEACHER = fileURLToPath(new URL('../../../assets/teacher-mini.safetensors', import.meta.url));

const SEED = 0;

/** Options that all trainings of the teacher share. */
const training = { warmup: 0.05, clip: 1, dropoutRate: 0, order: 'torch', decay: 'correct', seed: SEED } as const;

/**
 * A fusion encoder of the mini size with random weights, the heads of pre-training and the words of its world. Patches
 * have position embeddings as large as their content.
 */
export const untrainedTeacher = (): Model => {
  const vocabulary = [...SPECIAL_PIECES, ...wordsOf(miniWorld)];
  // a third type: the second image of NLVR2
  const sizes = { ...mini, types: 3, vocabulary: vocabulary.length };
  const config = { architecture: vilt, task: pretraining, sizes, answers: [...MATCHING], vocabulary };
  const model = createModel(createConfig(config), SEED);
  const positions = model.weights.get('transformer.pos_embed')!;
  for (const [i, value] of positions.data.entries()) positions.data[i] = POSITION_SCALE * value;
  return model;
};

/**
 * Factor of the initial position embeddings of patches, whose usual deviation is 0.02. The projection of a patch has
 * about 1 at the start, beside which places would stay unseen for thousands of updates.
 */
const POSITION_SCALE = 25;

/** The fusion encoder with a new head for the questions of its world. */
export const answeringTeacher = (pretrained: Model): Model =>
  adaptModel(pretrained, { task: { ...vqa, scoring: 'softmax' }, answers: answersOf(miniWorld), seed: SEED });

/** Path of the best weights on questions, once `trainTeacher` is through. */
export const teacherIn = (folder: string): string => join(runIn(folder, 'questions'), 'best.safetensors');

/** Path of the weights after pre-training, once `trainTeacher` is past it. */
export const pretrainedIn = (folder: string): string => join(folder, 'pretrained.safetensors');

const runIn = (folder: string, lesson: LessonName): string => join(folder, `${lesson}-run`);

export interface TeacherOptions extends Pick<FinetuneOptions, 'threads' | 'onWarning'> {
  /** Folder of its data and runs. */
  readonly folder: string;
  /** Fusion encoder that has learnt from captions already. Default: it is trained on them first. */
  readonly pretrained?: Model | undefined;
  readonly onScenes?: ((lesson: string, progress: Progress) => void) | undefined;
}

/**
 * Trains the mini teacher from random weights: stage 1 on captions (masked words and matching), then the questions of
 * its world, on ground truth alone; continues where it was stopped.
 */
export async function* trainTeacher({
  folder,
  onScenes,
  pretrained: start,
  ...options
}: TeacherOptions): AsyncGenerator<TrainStep & { readonly lesson: string }, void, undefined> {
  const lessonOf = async (name: LessonName) => {
    const { scenes, training: schedule }: Lesson = teacherLessons[name];
    const data = join(folder, name);
    await writeMiniScenes(data, { ...scenes, onProgress: (progress) => onScenes?.(name, progress) });
    const run = { folder: runIn(folder, name), resume: true, validateEvery: 250 };
    return { ...training, ...schedule, ...options, ...run, data };
  };
  const pretrained = start ?? untrainedTeacher();
  for (const lesson of start ? [] : captionLessons) {
    const options = { ...(await lessonOf(lesson)), masking: { share: MASKED } };
    for await (const step of pretrain(pretrained, options)) yield { ...step, lesson };
  }
  await saveModel(pretrainedIn(folder), pretrained);
  const questions = { ...(await lessonOf('questions')), task: vqa };
  for await (const step of finetune(answeringTeacher(pretrained), questions)) yield { ...step, lesson: 'questions' };
}
