import { join } from 'node:path';
import { encodePng } from '../../../data.ts';
import type { View } from '../../scenes/views.ts';
import type { World } from '../../scenes/world.ts';
import { writeScenes } from '../../scenes/write.ts';
import { miniWorld } from '../../shipped/mini-scenes.ts';
import type { JobProgress } from '../job.ts';
import type { ReproductionSize } from '../size.ts';

/**
 * World of all tasks: 3 x 3 cells with 2 to 5 objects of 6 colours, 4 shapes and 2 sizes. Texts bind attributes to
 * objects and count; none names a relation between places, which the shipped teacher has not learnt.
 */
const world: World = { ...miniWorld, name: 'reproduction', maxHops: 0 };

/** Captions for retrieval differ in places, so they name relations. */
const worldOf = (view: View): World => (view === 'retrieval' ? { ...world, maxHops: 1 } : world);

/** Seed of the scenes, far from those of the shipped teacher and the quickstart: they share no image. */
const SEED = 2000;

/** Splits on which models are measured; weights and learning rates are selected on `validation`. */
export const measuredSplits = ['validation', 'test-iid', 'test-comp'] as const;

/** Folder of the scenes of a view. */
export const scenesFolder = (folder: string, view: View): string => join(folder, 'scenes', view);

interface WriteAllOptions {
  readonly onProgress: (part: string, progress: JobProgress) => void;
  readonly signal: AbortSignal | undefined;
}

/** Writes the scenes of all views; those that are complete stay as they are. */
export const writeAllScenes = async (
  folder: string,
  { units }: Pick<ReproductionSize, 'units'>,
  { onProgress, signal }: WriteAllOptions,
): Promise<void> => {
  for (const [view, { train, heldOut }] of Object.entries(units) as [View, ReproductionSize['units'][View]][]) {
    await writeScenes(scenesFolder(folder, view), {
      seed: SEED,
      view,
      world: worldOf(view),
      plain: view === 'vqa' ? 0.5 : 0,
      sizes: { train, ...Object.fromEntries(measuredSplits.map((split) => [split, heldOut])) },
      encodePng,
      signal,
      onProgress: ({ split, done, of }) => onProgress(`scenes: ${view} ${split}`, { done, of }),
    });
  }
};
