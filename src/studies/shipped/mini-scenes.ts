import { encodePng } from '../../data.ts';
import type { Manifest } from '../scenes/manifest.ts';
import type { View } from '../scenes/views.ts';
import { type World, worlds } from '../scenes/world.ts';
import { type WriteOptions, writeScenes } from '../scenes/write.ts';

/**
 * World of the mini teacher: 3 x 3 cells of one patch each, 2 to 5 objects, at most one relation in a question.
 * Questions need attributes to be bound to objects (a red star, not red and a star), counted, or located relative to
 * another.
 */
export const miniWorld: World = {
  ...worlds.mini,
  name: 'teacher',
  maxHops: 1,
  questions: ['exists', 'count', 'attribute'],
};

/** World of the quickstart: binding and counting, which the mini teacher has learnt, without relations. */
export const quickstartWorld: World = { ...miniWorld, name: 'quickstart', maxHops: 0 };

/** Data set of the mini world. */
export interface MiniScenes {
  readonly seed: number;
  /** Number of units for training: pairs of images, or images in the view `pretraining`. */
  readonly pairs: number;
  /** Number of units of each other split. */
  readonly heldOutPairs: number;
  /** Task of the rows. Default `vqa`. */
  readonly view?: View | undefined;
  /** Maximum number of texts about a unit of the training data. Default 4. */
  readonly texts?: number | undefined;
  /** Ratio of the units of questions that are unrelated images instead of pairs. Default 0.5 of questions. */
  readonly plain?: number | undefined;
  /** Default: the world of the teacher. */
  readonly world?: World | undefined;
}

/** Options of the writing of a data set. */
export type ScenesOptions = MiniScenes & Pick<WriteOptions, 'command' | 'onProgress' | 'signal'>;

/** Writes a data set of the mini world, by default of questions; one that is complete stays as it is. */
export const writeMiniScenes = (
  folder: string,
  { pairs, heldOutPairs, view = 'vqa', plain = view === 'vqa' ? 0.5 : 0, texts = 4, ...options }: ScenesOptions,
): Promise<Manifest> =>
  writeScenes(folder, {
    view,
    world: miniWorld,
    plain,
    questionsPerPair: texts,
    ...options,
    sizes: { train: pairs, validation: heldOutPairs, 'test-iid': heldOutPairs, 'test-comp': heldOutPairs },
    encodePng,
  });
