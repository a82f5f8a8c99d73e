import { cast, multiply } from '../engine/ops.ts';
import { input, type Tensor } from '../engine/tensor.ts';
import type { Kept } from './config.ts';

/**
 * Features of images, fed as `image_shares` [images, width] as they are kept; of int8, with a factor for each image,
 * `image_scales` [images, 1]. → [images, width]
 */
export const keptFeatures = (kept: Kept, width: number): Tensor => {
  const shares = input('image_shares', ['images', width], kept);
  if (kept === 'float') return shares;
  const numbers = cast(shares, 'float');
  return kept === 'float16' ? numbers : multiply(numbers, input('image_scales', ['images', 1]));
};
