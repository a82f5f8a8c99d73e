import { randAugment } from '../data/augment.ts';
import { randomFlips } from '../data/flips.ts';
import type { LoadOptions } from '../data/loader.ts';
import { generator, keyOf } from '../engine/random.ts';

const policies = { randaugment: randAugment, flips: randomFlips } as const;

/**
 * Augmentation of training images: none, RandAugment (2 of 14 ops, magnitude 9) as the ViLT code fine-tunes with
 * it, or flips, where neither side nor direction means anything.
 */
export type AugmentationPolicy = 'none' | keyof typeof policies;

/** Options of a loader that change training images. */
export type RandomLoadOptions = Pick<LoadOptions, 'augment' | 'patches'>;

/** Options of `randomLoading`. */
interface AugmentationOptions {
  readonly augment?: AugmentationPolicy | undefined;
  readonly maxPatches?: number | undefined;
  readonly seed?: number | undefined;
}

/**
 * Augmentation of training images, and the random choice of patches of those that have more than `maxPatches` (ViLT's
 * `max_image_len`). What is drawn depends on the seed, the number of the batch, the example's
 * place in it and the picture's place in the example alone: a run that is resumed sees the same pixels, and the two
 * pictures of an NLVR2 example are changed each in its own way.
 */
export const randomLoading = ({ augment = 'none', maxPatches, seed = 0 }: AugmentationOptions): RandomLoadOptions => ({
  ...(augment !== 'none' && {
    augment: (batch, place) => (pixels, image) =>
      policies[augment](pixels, generator(keyOf(seed, 'augment', batch, place, image))),
  }),
  ...(maxPatches !== undefined && {
    patches: (batch) => ({ maxPatches, random: generator(keyOf(seed, 'patches', batch)) }),
  }),
});
