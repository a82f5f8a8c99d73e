import { encodePng } from '../data/image.ts';
import type { Manifest } from '../data/scenes/manifest.ts';
import { answersOf, vocabularyOf } from '../data/scenes/vocabulary.ts';
import { type World, worlds } from '../data/scenes/world.ts';
import { type Progress, writeScenes } from '../data/scenes/write.ts';
import { SPECIAL_PIECES } from '../data/words.ts';
import { mini } from '../models/sizes.ts';
import { vqa } from '../tasks/vqa.ts';
import { type FinetuneOptions, finetune } from '../training/finetune.ts';
import type { TrainStep } from '../training/train.ts';
import { createUntrained, type Trained } from '../weights/trained.ts';

/**
 * The world of the quickstart: 3 x 3 cells of one patch each, 2 to 5 objects, at most one relation in a question. What
 * is asked about is bound (a red star, not red and a star), counted, or found by its place beside another.
 */
export const miniWorld: World = {
  ...worlds.mini,
  name: 'quickstart',
  maxHops: 1,
  questions: ['exists', 'count', 'attribute'],
};

export interface ScenesOptions {
  readonly seed: number;
  /** Pairs of pictures to train on; half of them are two pictures on their own. */
  readonly pairs: number;
  /** Pairs of each of the other splits. */
  readonly heldOutPairs: number;
  readonly command?: string;
  readonly onProgress?: (progress: Progress) => void;
}

/** Writes the quickstart's data set, or leaves it as it is where it is complete. */
export const writeMiniScenes = (
  folder: string,
  { pairs, heldOutPairs, ...options }: ScenesOptions,
): Promise<Manifest> =>
  writeScenes(folder, {
    ...options,
    view: 'vqa',
    world: miniWorld,
    plain: 0.5,
    questionsPerPair: 4,
    sizes: { train: pairs, validation: heldOutPairs, 'test-iid': heldOutPairs, 'test-comp': heldOutPairs },
    encodePng,
  });

/** How the shipped teacher is trained: the data, and everything that `finetune` is told. */
export const teacherRecipe = {
  scenes: { seed: 1, pairs: 20_000, heldOutPairs: 500 },
  seed: 0,
  training: {
    batch: 32,
    updates: 30_000,
    learningRate: 1e-3,
    warmup: 0.03,
    clip: 1,
    dropoutRate: 0,
    order: 'torch',
    decay: 'correct',
    validateEvery: 1000,
  },
} as const;

/** A fusion encoder of the mini size that knows nothing but the words of the quickstart's world. */
export const untrainedTeacher = (seed: number): Trained => {
  const vocabulary = [...SPECIAL_PIECES, ...vocabularyOf(miniWorld)];
  const sizes = { ...mini, vocabulary: vocabulary.length };
  const answers = answersOf(miniWorld);
  return createUntrained(
    { model: 'vilt', sizes, task: vqa.name, images: 1, scoring: 'softmax', answers, vocabulary, recipe: {} },
    seed,
  );
};

/** Trains the mini teacher from nothing on ground truth; resumes where it was stopped. */
export async function* trainTeacher(
  teacher: Trained,
  options: Pick<FinetuneOptions, 'data' | 'threads' | 'onNotice'> & { readonly folder: string },
): AsyncGenerator<TrainStep, void, undefined> {
  yield* finetune(teacher, undefined, {
    ...teacherRecipe.training,
    seed: teacherRecipe.seed,
    task: vqa,
    resume: true,
    ...options,
  });
}
