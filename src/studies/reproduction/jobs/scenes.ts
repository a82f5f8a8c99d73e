import { join } from 'node:path';
import { encodePng } from '../../../data.ts';
import type { View } from '../../scenes/views.ts';
import type { World } from '../../scenes/world.ts';
import { writeScenes } from '../../scenes/write.ts';
import { miniWorld } from '../../shipped/mini-scenes.ts';
import { recipes } from '../../shipped/recipes.ts';
import type { JobProgress } from '../job.ts';
import type { ReproductionSize } from '../size.ts';

/**
 * World of all tasks: 3 x 3 cells with 2 to 5 objects of 6 colours, 4 shapes and 2 sizes. Texts bind attributes to
 * objects and count. Captions of pre-training tell places and relations as those from which the fusion encoder has
 * learnt, and captions of retrieval always tell one relation.
 */
const worldOf = (view: View, relations: number): World => {
  const world = { ...miniWorld, name: 'reproduction', maxHops: relations };
  return view === 'pretraining' ? { ...world, captions } : world;
};

const captions = recipes['pretrained-mini'].lessons.captions?.scenes.world?.captions;

/** Maximum number of captions of a picture; of questions about a pair, as usual, 4. */
const CAPTIONS = 6;

/** Seed of the scenes, far from those of the shipped teacher and the quickstart: they share no image. */
const SEED = 2000;

/** Splits on which models are measured; weights and learning rates are selected on `validation`. */
export const measuredSplits = ['validation', 'test-iid', 'test-comp'] as const;

/** Folder of the scenes of a view. */
export const scenesFolder = (folder: string, view: View): string => join(folder, 'scenes', view);

interface WriteViewsOptions {
  readonly views: Iterable<View>;
  readonly onProgress: (part: string, progress: JobProgress) => void;
  readonly signal: AbortSignal | undefined;
}

/** Writes the scenes of some views; those that are complete stay as they are. */
export const writeViews = async (
  folder: string,
  { units, relations }: Pick<ReproductionSize, 'units' | 'relations'>,
  { views, onProgress, signal }: WriteViewsOptions,
): Promise<void> => {
  for (const view of views) {
    const { train, heldOut } = units[view];
    await writeScenes(scenesFolder(folder, view), {
      seed: SEED,
      view,
      world: worldOf(view, relations),
      plain: view === 'vqa' ? 0.5 : 0,
      questionsPerPair: view === 'pretraining' ? CAPTIONS : undefined,
      sizes: { train, ...Object.fromEntries(measuredSplits.map((split) => [split, heldOut])) },
      encodePng,
      signal,
      onProgress: ({ split, done, of }) => onProgress(`scenes: ${view} ${split}`, { done, of }),
    });
  }
};
