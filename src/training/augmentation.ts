import { randAugment } from '../data/augment.ts';
import type { Augment } from '../data/preparer.ts';
import { generator, keyOf } from '../engine/random.ts';

/** How training pictures are changed: as they are, or by RandAugment as the ViLT code fine-tunes with it. */
export type AugmentationPolicy = 'none' | 'randaugment';

/** What a loader is told of augmentation. */
export interface Drawn {
  readonly augment?: (batch: number, place: number) => Augment;
}

/**
 * RandAugment (2 of 14 ops, magnitude 9) of a training's pictures. What is drawn depends on the seed, the number of the
 * batch, the example's place in it and the picture's place in the example alone: a run that is resumed sees the same
 * pixels, and the two pictures of an NLVR2 example each get their own ops.
 */
export const drawnBy = ({
  augment = 'none',
  seed = 0,
}: {
  readonly augment?: AugmentationPolicy;
  readonly seed?: number;
}): Drawn =>
  augment === 'none'
    ? {}
    : {
        augment: (batch, place) => (pixels, image) =>
          randAugment(pixels, generator(keyOf(seed, 'augment', batch, place, image))),
      };
