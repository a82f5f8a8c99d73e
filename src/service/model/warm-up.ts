import type { Feeds } from '../../data/batch.ts';
import { fit } from '../../data/resize.ts';
import { encodeText } from '../../inference/encode-text.ts';
import type { Predictor } from '../../inference/predictor.ts';
import { sizeRuleOf } from '../../inference/size-rule.ts';
import { imageFeeds } from './image-feeds.ts';

const TEXT = 'is it ?';

/** Runs each part of a model once, so that it is compiled before the first request. */
export const warmUp = async (predictor: Predictor): Promise<void> => {
  const { config } = predictor;
  const answers = config.purpose.logits !== undefined;
  if (config.architecture.towers) {
    const text = await predictor.textFeatures(encodeText(predictor, TEXT));
    const features = await predictor.imageFeatures(imageFeeds(predictor, [greyImage(predictor)]));
    if (answers && config.images === 1) await predictor.answerFeatures(text, features);
  }
  if (answers) await predictor.logits(pairFeeds(predictor));
};

/** A text about a grey image, or about two. */
export const pairFeeds = (predictor: Predictor): Feeds => {
  const image = imageFeeds(predictor, [greyImage(predictor)]);
  return { ...encodeText(predictor, TEXT), ...image, ...second(image, predictor.config.images) };
};

const greyImage = ({ config }: Predictor) => {
  const side = config.sizes.image;
  return fit({ width: side, height: side, data: new Uint8Array(3 * side * side).fill(128) }, sizeRuleOf(config));
};

/** The same image again, for a model that looks at two. */
const second = (image: Feeds, images: 1 | 2): Feeds =>
  images === 1 ? {} : Object.fromEntries(Object.entries(image).map(([name, numbers]) => [`${name}_2`, numbers]));
