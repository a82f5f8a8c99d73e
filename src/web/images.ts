import { collate, type Feeds, type PreparedImage } from '../data/batch.ts';
import { fit } from '../data/resize.ts';
import { type AskedOptions, answerPrepared, type RankedAnswer } from '../inference/answer-prepared.ts';
import type { Predictor } from '../inference/predictor.ts';
import { sizeRuleOf } from '../inference/size-rule.ts';
import { pixelsOf, type WebImage } from './pixels.ts';

/** Options of `encodeImage`. */
export interface WebImageOptions {
  /** Receives what was done to a picture, a sentence each: distorted, since it is long and thin. */
  readonly onWarning?: ((message: string) => void) | undefined;
}

/** Decodes a picture and resizes it to whole patches, to the last bit as Node does from the same pixels. */
export const prepareImage = async (
  { config }: Pick<Predictor, 'config'>,
  image: WebImage,
  { onWarning }: WebImageOptions = {},
): Promise<PreparedImage> =>
  fit(await pixelsOf(image), sizeRuleOf(config), (message) => onWarning?.(`the picture: ${message}`));

/**
 * Feeds of pictures for an open model: what its `imageFeatures` takes.
 *
 * @returns `patches` [images, patches, 3 · side · side], `patch_mask` and `patch_positions`, padded to the most patches.
 * @throws UserError where the browser cannot decode one.
 */
export const encodeImage = async (
  model: Pick<Predictor, 'config'>,
  images: WebImage | readonly WebImage[],
  options: WebImageOptions = {},
): Promise<Feeds> => {
  const encoded = [];
  for (const [i, image] of [images].flat().entries())
    encoded.push({
      id: `image ${i + 1}`,
      words: new Int32Array(0),
      images: [await prepareImage(model, image as WebImage, options)],
    });
  const { patches, patch_mask, patch_positions } = collate(encoded, model.config.sizes);
  return { patches: patches!, patch_mask: patch_mask!, patch_positions: patch_positions! };
};

/**
 * Answers a question about a picture, or the two that a model for NLVR2 is asked about, with probabilities.
 *
 *   await answer(student, file, 'how many cats are there?', { top: 3 });   // [{ answer: '2', probability: 0.91 }, …]
 *
 * @throws UserError where the browser cannot decode a picture, the question is empty, or the number of pictures is not the
 *   model's.
 */
export const answer = async (
  model: Predictor,
  images: WebImage | readonly WebImage[],
  question: string,
  options: AskedOptions = {},
): Promise<RankedAnswer[]> => {
  const prepared: PreparedImage[] = [];
  for (const image of [images].flat()) prepared.push(await prepareImage(model, image as WebImage, options));
  return await answerPrepared(model, prepared, question, options);
};
