import { UserError } from '../../errors.ts';
import type { Pixels } from '../../kernels/pixels.ts';

/** Decoded pixels as they were given. @throws UserError where they are no bytes, or not three a pixel. */
export const checkedPixels = (image: Pixels): Pixels => {
  const { width, height } = image;
  const data: unknown = image.data;
  // from 0 to 255: numbers of another kind may be from 0 to 1
  if (!(data instanceof Uint8Array || data instanceof Uint8ClampedArray))
    throw new UserError('an image in memory has numbers that are no bytes: give its pixels as a Uint8Array.');
  const isWhole = Number.isInteger(width) && Number.isInteger(height) && width >= 1 && height >= 1;
  if (isWhole && data.length === 3 * width * height) return image;
  throw new UserError(
    `an image in memory of ${width} x ${height} pixels has ${data.length} bytes: give three a pixel: red, green, blue.`,
  );
};
