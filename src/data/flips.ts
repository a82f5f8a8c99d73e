import type { Pixels } from '../kernels/pixels.ts';
import { affine } from './affine.ts';

/**
 * Flips an image horizontally, vertically, both ways or not at all, each with probability 1/4; nothing is lost at its
 * edges. Only for data whose texts never say where something is, or which way it points.
 */
export const randomFlips = (pixels: Pixels, random: () => number): Pixels => {
  const [across, down] = [random() < 0.5, random() < 0.5];
  if (!across && !down) return pixels;
  const { width, height } = pixels;
  return affine(pixels, [across ? -1 : 1, 0, across ? width : 0, 0, down ? -1 : 1, down ? height : 0]);
};
