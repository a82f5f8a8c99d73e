import type { Feeds } from '../../data/batch.ts';
import { fit } from '../../data/preprocess.ts';
import { encodeText } from '../../inference/encode-text.ts';
import type { Predictor } from '../../inference/predictor.ts';
import { sizeRuleOf } from '../../inference/preprocessor.ts';
import { imageFeeds } from './images-like.ts';

/** Runs each part of a model once, so that it is compiled before the first request. */
export const warmUp = async (predictor: Predictor): Promise<void> => {
  const { config } = predictor;
  const [side, answers] = [config.sizes.image, config.purpose.logits !== undefined];
  const grey = { width: side, height: side, data: new Uint8Array(3 * side * side).fill(128) };
  const image = imageFeeds(predictor, [fit(grey, sizeRuleOf(config))]);
  const words = encodeText(predictor, 'is it ?');
  if (config.architecture.towers) {
    const [text, features] = [await predictor.textFeatures(words), await predictor.imageFeatures(image)];
    if (answers && config.images === 1) await predictor.answerFeatures(text, features);
  }
  if (answers) await predictor.logits({ ...words, ...image, ...second(image, config.images) });
};

/** The same image again, for a model that looks at two. */
const second = (image: Feeds, images: 1 | 2): Feeds =>
  images === 1 ? {} : Object.fromEntries(Object.entries(image).map(([name, numbers]) => [`${name}_2`, numbers]));
