import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SPECIAL_PIECES } from '../../data.ts';
import { type FinetuneOptions, finetune, type Model, type TrainStep, vqa } from '../../index.ts';
import { createConfig, createModel, mini, vilt } from '../../model.ts';
import { answersOf, vocabularyOf } from '../scenes/vocabulary.ts';
import type { World } from '../scenes/world.ts';
import type { Progress } from '../scenes/write.ts';
import { miniWorld, type ScenesOptions, writeMiniScenes } from './mini-scenes.ts';

/** One lesson of the teacher's curriculum: a data set, and the batch size, updates and learning rate. */
interface Lesson {
  readonly scenes: ScenesOptions;
  readonly training: Pick<FinetuneOptions, 'batch' | 'learningRate'> & { readonly updates: number };
}

/** World of the first lesson, the names of attributes: without it, questions that bind them stay on a long plateau. */
const looks: World = { ...miniWorld, name: 'teacher-looks', maxHops: 0, questions: ['attribute'] };

/** Curriculum of the shipped teacher, from random weights. */
export const teacherLessons: Readonly<Record<string, Lesson>> = {
  looks: {
    scenes: { seed: 1, pairs: 10_000, heldOutPairs: 200, world: looks, plain: 1 },
    training: { batch: 64, updates: 2000, learningRate: 5e-4 },
  },
  scenes: {
    scenes: { seed: 2, pairs: 20_000, heldOutPairs: 500 },
    training: { batch: 48, updates: 20_000, learningRate: 6e-4 },
  },
};

/** The lesson whose best weights are the teacher. */
export const LAST_LESSON = 'scenes';

/** Path of the teacher that comes with the package; its model card is beside it. */
export const SHIPPED_TEACHER = fileURLToPath(new URL('../../../assets/teacher-mini.safetensors', import.meta.url));

const SEED = 0;

/** A fusion encoder of the mini size with random weights and the vocabulary of its world. */
export const untrainedTeacher = (): Model => {
  const vocabulary = [...SPECIAL_PIECES, ...vocabularyOf(miniWorld)];
  const sizes = { ...mini, vocabulary: vocabulary.length };
  const answers = answersOf(miniWorld);
  return createModel(
    createConfig({ architecture: vilt, task: { ...vqa, scoring: 'softmax' }, sizes, answers, vocabulary }),
    SEED,
  );
};

export interface TeacherOptions extends Pick<FinetuneOptions, 'threads' | 'onWarning'> {
  /** Folder of its data and runs. */
  readonly folder: string;
  readonly onScenes?: ((lesson: string, progress: Progress) => void) | undefined;
}

/** Trains the mini teacher on ground truth, lesson by lesson; continues where it was stopped. */
export async function* trainTeacher(
  teacher: Model,
  { folder, onScenes, ...options }: TeacherOptions,
): AsyncGenerator<TrainStep & { readonly lesson: string }, void, undefined> {
  for (const [lesson, { scenes, training }] of Object.entries(teacherLessons)) {
    const data = join(folder, lesson);
    await writeMiniScenes(data, { ...scenes, onProgress: (progress) => onScenes?.(lesson, progress) });
    const steps = finetune(teacher, {
      ...training,
      ...options,
      task: vqa,
      data,
      warmup: 0.03,
      clip: 1,
      dropoutRate: 0,
      order: 'torch',
      decay: 'correct',
      validateEvery: 500,
      seed: SEED,
      folder: join(folder, `${lesson}-run`),
      resume: true,
    });
    for await (const step of steps) yield { ...step, lesson };
  }
}
