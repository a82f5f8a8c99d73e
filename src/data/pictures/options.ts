import { UserError } from '../../errors.ts';

/**
 * Style of decoding the files of images. `as-shown`: as a viewer shows them, turned by their EXIF orientation, and what
 * is transparent laid over white. `as-vilt`: as the ViLT code reads them, by Pillow's `convert('RGB')`, which drops both.
 */
export type PictureStyle = (typeof pictureStyles)[number];

/** Names of the styles. */
export const pictureStyles = ['as-shown', 'as-vilt'] as const;

/** Whether a field of a record is the name of a style. */
export const isPictureStyle = (value: unknown): value is PictureStyle => pictureStyles.some((one) => one === value);

/** Options of decoding the files of images. */
export interface PictureOptions {
  /** Style of decoding. Default: `as-shown`; of published data sets `as-vilt`. */
  readonly pictures?: PictureStyle | undefined;
  /**
   * Largest image that is decoded, in millions of pixels: by default 89, above which Pillow warns; at most 179, above
   * which it refuses. An image needs 3 to 8 bytes a pixel while it is decoded.
   */
  readonly maxMegapixels?: number | undefined;
}

/** Pillow's `MAX_IMAGE_PIXELS`, above which it warns; it refuses images of more than twice as many. */
export const PILLOW_WARNS = 89_478_485;

/** An image by its name, and the size that its header claims. */
interface Claimed {
  readonly where: string;
  readonly width: number;
  readonly height: number;
}

/** @throws UserError where an image has no pixels, or more than are wanted or Pillow ever reads. */
export const checkSize = (
  { where, width, height }: Claimed,
  { maxMegapixels }: Pick<PictureOptions, 'maxMegapixels'>,
): void => {
  const size = `${where}: ${width} x ${height}`;
  if (!(width >= 1 && height >= 1)) throw new UserError(`${size} pixels are no image: get it again.`);
  const wanted = maxMegapixels === undefined ? PILLOW_WARNS : maxMegapixels * 1e6;
  const pixels = width * height;
  if (pixels <= Math.min(wanted, 2 * PILLOW_WARNS)) return;
  const isAllowed = pixels <= 2 * PILLOW_WARNS;
  const most = Math.round(Math.min(wanted, 2 * PILLOW_WARNS) / 1e6);
  const advice = isAllowed ? ', or allow as many with maxMegapixels (--max-megapixels)' : '';
  throw new UserError(
    `${size} is ${Number((pixels / 1e6).toFixed(1))} million pixels, more than ${most} million: make the image smaller${advice}.`,
  );
};
