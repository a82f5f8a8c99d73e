import type { Pixels } from '../../kernels/pixels.ts';

/** Decoded pixels in rows from the top: red, green and blue, and with four channels alpha, where 255 is opaque. */
export interface Raster extends Pixels {
  readonly channels: 3 | 4;
}

/** Called with the size that a header claims, before any pixel is decoded; throws where it is too large. */
export type CheckSize = (width: number, height: number) => void;

/** The colours alone: what is transparent shows the colour that is stored beneath. */
export const withoutAlpha = ({ width, height, channels, data }: Raster): Pixels => {
  if (channels === 3) return { width, height, data };
  const rgb = new Uint8Array(width * height * 3);
  for (let from = 0, to = 0; to < rgb.length; from += 4, to += 3) {
    rgb[to] = data[from]!;
    rgb[to + 1] = data[from + 1]!;
    rgb[to + 2] = data[from + 2]!;
  }
  return { width, height, data: rgb };
};

/** The colours laid over white by their alpha, with the rounding of Pillow's `alpha_composite`. */
export const overWhite = ({ width, height, channels, data }: Raster): Pixels => {
  if (channels === 3) return { width, height, data };
  const rgb = new Uint8Array(width * height * 3);
  for (let from = 0, to = 0; to < rgb.length; from += 4) {
    const alpha = data[from + 3]!;
    const white = 255 * (255 - alpha);
    for (let channel = 0; channel < 3; channel += 1, to += 1) {
      const sum = 128 * (data[from + channel]! * alpha + white + 128);
      rgb[to] = ((sum >> 8) + sum) >> 15;
    }
  }
  return { width, height, data: rgb };
};

/** Colours of an image from the place of each pixel in a palette of three bytes a colour; beyond it they are greys. */
export const lookedUp = (indices: Uint8Array, palette: Uint8Array): Uint8Array => {
  const rgb = new Uint8Array(indices.length * 3);
  for (const [i, index] of indices.entries()) {
    for (let channel = 0; channel < 3; channel += 1) rgb[3 * i + channel] = palette[3 * index + channel] ?? index;
  }
  return rgb;
};

/** Greys of one byte as three equal channels. */
export const asGrey = (values: Uint8Array): Uint8Array => lookedUp(values, new Uint8Array(0));
