import type { Pixels } from '../../kernels/pixels.ts';

/** Brightness of the darkest pixel after greying, of 255: colours laid over it stay readable. */
const DARKEST = 165;

/**
 * An image in pale grey, to lay colours over: each pixel is as dark as its darkest channel, so that anything saturated, red
 * and yellow alike, stands out from white; the brightest becomes white, so that dark photographs become pale, too.
 */
export const greyed = ({ width, height, data }: Pixels): Pixels => {
  const darkest = Uint8Array.from({ length: width * height }, (_, i) =>
    Math.min(data[3 * i]!, data[3 * i + 1]!, data[3 * i + 2]!),
  );
  const [low, high] = darkest.reduce(([l, h], one) => [Math.min(l, one), Math.max(h, one)], [255, 0]);
  const grey = new Uint8Array(data.length);
  for (const [i, one] of darkest.entries()) {
    const bright = high === low ? 1 : (one - low) / (high - low);
    grey.fill(Math.round(DARKEST + (255 - DARKEST) * bright), 3 * i, 3 * i + 3);
  }
  return { width, height, data: grey };
};
