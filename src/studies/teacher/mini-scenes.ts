import { encodePng } from '../../data.ts';
import type { Manifest } from '../scenes/manifest.ts';
import { type World, worlds } from '../scenes/world.ts';
import { type Progress, writeScenes } from '../scenes/write.ts';

/**
 * The world of the mini teacher: 3 x 3 cells of one patch each, 2 to 5 objects, at most one relation in a question. What
 * is asked about is bound (a red star, not red and a star), counted, or found by its place beside another.
 */
export const miniWorld: World = {
  ...worlds.mini,
  name: 'teacher',
  maxHops: 1,
  questions: ['exists', 'count', 'attribute'],
};

/** The world of the quickstart: the part of it that the mini teacher has mastered, binding and counting. */
export const quickstartWorld: World = { ...miniWorld, name: 'quickstart', maxHops: 0 };

export interface ScenesOptions {
  readonly seed: number;
  /** Pairs of pictures to train on. */
  readonly pairs: number;
  /** Pairs of each of the other splits. */
  readonly heldOutPairs: number;
  /** Default: the teacher's. */
  readonly world?: World | undefined;
  /** Share of the training pairs that are two pictures on their own. Default a half. */
  readonly plain?: number | undefined;
  readonly command?: string | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

/** Writes a data set of the mini world, or leaves it as it is where it is complete. */
export const writeMiniScenes = (
  folder: string,
  { pairs, heldOutPairs, ...options }: ScenesOptions,
): Promise<Manifest> =>
  writeScenes(folder, {
    view: 'vqa',
    world: miniWorld,
    plain: 0.5,
    questionsPerPair: 4,
    ...options,
    sizes: { train: pairs, validation: heldOutPairs, 'test-iid': heldOutPairs, 'test-comp': heldOutPairs },
    encodePng,
  });
