import { randAugment } from '../data/augment.ts';
import type { LoadOptions } from '../data/loader.ts';
import { generator, keyOf } from '../engine/random.ts';

/** How training pictures are changed: as they are, or by RandAugment as the ViLT code fine-tunes with it. */
export type AugmentationPolicy = 'none' | 'randaugment';

/** What a loader is told of how training pictures are changed. */
export type Drawn = Pick<LoadOptions, 'augment' | 'patches'>;

/** What is drawn of a training's pictures. */
interface Draws {
  readonly augment?: AugmentationPolicy;
  readonly maxPatches?: number;
  readonly seed?: number;
}

/**
 * RandAugment (2 of 14 ops, magnitude 9) of a training's pictures, and which patches are seen of those that have more
 * than `maxPatches` (ViLT's `max_image_len`). What is drawn depends on the seed, the number of the batch, the example's
 * place in it and the picture's place in the example alone: a run that is resumed sees the same pixels, and the two
 * pictures of an NLVR2 example each get their own ops.
 */
export const drawnBy = ({ augment = 'none', maxPatches, seed = 0 }: Draws): Drawn => ({
  ...(augment !== 'none' && {
    augment: (batch, place) => (pixels, image) =>
      randAugment(pixels, generator(keyOf(seed, 'augment', batch, place, image))),
  }),
  ...(maxPatches !== undefined && {
    patches: (batch) => ({ maxPatches, random: generator(keyOf(seed, 'patches', batch)) }),
  }),
});
