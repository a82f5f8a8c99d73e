import { join } from 'node:path';
import { encodePng } from '../../../data.ts';
import type { View } from '../../scenes/views.ts';
import type { World } from '../../scenes/world.ts';
import { writeScenes } from '../../scenes/write.ts';
import { miniWorld } from '../../teacher/mini-scenes.ts';
import type { JobProgress } from '../job.ts';
import type { ReproductionSize } from '../size.ts';

/**
 * The world of all tasks: 3 x 3 cells, 2 to 5 objects of 6 colours, 4 shapes and 2 sizes. Statements and questions bind
 * looks to each other and count; none names a place, which the shipped teacher has not learnt.
 */
const world: World = { ...miniWorld, name: 'reproduction', maxHops: 0 };

/** Captions tell where things stand; a quadruple needs it. */
const worldOf = (view: View): World => (view === 'retrieval' ? { ...world, maxHops: 1 } : world);

/** No picture of the shipped teacher's lessons or of the quickstart is among them. */
const SEED = 2000;

/** The splits on which everything is measured; `validation` chooses weights and learning rates. */
export const measured = ['validation', 'test-iid', 'test-comp'] as const;

/** Where the scenes of a view lie. */
export const scenesOf = (folder: string, view: View): string => join(folder, 'scenes', view);

interface WriteAllOptions {
  readonly onProgress: (part: string, progress: JobProgress) => void;
  readonly signal: AbortSignal | undefined;
}

/** Writes the scenes of all views, or leaves them where they are complete. */
export const writeAllScenes = async (
  folder: string,
  { units }: Pick<ReproductionSize, 'units'>,
  { onProgress, signal }: WriteAllOptions,
): Promise<void> => {
  for (const [view, { train, heldOut }] of Object.entries(units) as [View, ReproductionSize['units'][View]][]) {
    await writeScenes(scenesOf(folder, view), {
      seed: SEED,
      view,
      world: worldOf(view),
      plain: view === 'vqa' ? 0.5 : 0,
      sizes: { train, ...Object.fromEntries(measured.map((split) => [split, heldOut])) },
      encodePng,
      signal,
      onProgress: ({ split, done, of }) => onProgress(`scenes: ${view} ${split}`, { done, of }),
    });
  }
};
