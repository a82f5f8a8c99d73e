import type { Pixels } from '../../data.ts';

/** Brightness of a black pixel after greying, of 255: dark things stay visible under a colour. */
const DARKEST = 110;

/**
 * An image in pale grey, to lay colours over: each pixel is as dark as its darkest channel, so that anything saturated, red
 * and yellow alike, stands out from white.
 */
export const greyed = ({ width, height, data }: Pixels): Pixels => {
  const grey = new Uint8Array(data.length);
  for (let at = 0; at < data.length; at += 3) {
    const darkest = Math.min(data[at]!, data[at + 1]!, data[at + 2]!);
    grey.fill(Math.round(DARKEST + ((255 - DARKEST) * darkest) / 255), at, at + 3);
  }
  return { width, height, data: grey };
};
