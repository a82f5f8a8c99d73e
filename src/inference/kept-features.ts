import type { Numbers } from '../engine/numbers.ts';
import type { Kept } from '../model/config.ts';

/** Features of images as they are kept: of float32, of float16 (its bits), or of int8 with a scale an image. */
export interface KeptFeatures {
  readonly kind: Kept;
  /** [images, width] */
  readonly shares: Numbers;
  /** Scale of each row, of int8 features: [images, 1]. */
  readonly scales?: Numbers | undefined;
}
