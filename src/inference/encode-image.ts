import { collate, type Feeds, type PreparedImage } from '../data/batch.ts';
import type { ImageSource } from '../data/example.ts';
import { readImage } from '../data/image.ts';
import { imageName } from '../data/pictures/image-name.ts';
import type { PictureOptions } from '../data/pictures/options.ts';
import { fit } from '../data/resize.ts';
import { mapConcurrent } from '../files/map-concurrent.ts';
import type { Predictor } from './predictor.ts';
import { sizeRuleOf } from './size-rule.ts';

/** Options of `encodeImage`. */
export interface EncodeImageOptions extends PictureOptions {
  /** Receives what was done to an image, a sentence each: distorted, since it is long and thin. */
  readonly onWarning?: ((message: string) => void) | undefined;
}

type Sized = Pick<Predictor, 'config'>;

/** Reads images and resizes them to whole patches, several at a time. @throws UserError where one cannot be read. */
export const prepareImages = (
  { config }: Sized,
  images: readonly ImageSource[],
  { pictures = 'as-shown', maxMegapixels, onWarning }: EncodeImageOptions = {},
): Promise<PreparedImage[]> =>
  mapConcurrent(images, async (image) =>
    fit(await readImage(image, { pictures, maxMegapixels }), sizeRuleOf(config), (message) =>
      onWarning?.(`${imageName(image)}: ${message}`),
    ),
  );

/**
 * Feeds of images for an open model: what its `imageFeatures` takes, and, together with those of as many texts, its
 * `logits`. An image is a path, the bytes of a file, or pixels.
 *
 *   await using model = await openPredictor(await loadModel('retriever.safetensors'));
 *   const { data } = await model.imageFeatures(await encodeImage(model, ['a.jpg', uploadedBytes]));   // [2, width]
 *
 * @returns `patches` [images, patches, 3 · side · side], `patch_mask` and `patch_positions`, padded to the most patches.
 * @throws UserError where an image cannot be read.
 */
export const encodeImage = async (
  model: Sized,
  images: ImageSource | readonly ImageSource[],
  options: EncodeImageOptions = {},
): Promise<Feeds> => {
  const prepared = await prepareImages(model, Array.isArray(images) ? images : [images as ImageSource], options);
  const encoded = prepared.map((image, i) => ({ id: `image ${i + 1}`, words: new Int32Array(0), images: [image] }));
  const { patches, patch_mask, patch_positions } = collate(encoded, model.config.sizes);
  return { patches: patches!, patch_mask: patch_mask!, patch_positions: patch_positions! };
};
