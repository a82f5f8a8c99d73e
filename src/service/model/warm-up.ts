import type { Feeds } from '../../data/batch.ts';
import { fit } from '../../data/resize.ts';
import { encodeText } from '../../inference/encode-text.ts';
import type { Predictor } from '../../inference/predictor.ts';
import { sizeRuleOf } from '../../inference/size-rule.ts';
import { type About, rowsOf } from '../../inference/store/manifest.ts';
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

/**
 * Runs the scan of a cache over one row of zeros in each thread, with all answers and, where a question may want one
 * alone, with that.
 */
export const warmUpScan = async (student: Predictor, about: About): Promise<void> => {
  const { config, threads } = student;
  if (!config.architecture.towers || config.images !== 1) return;
  const { bytes, kept } = rowsOf(about);
  const text = await student.textFeatures(encodeText(student, TEXT));
  const chosen = { shape: [1], data: Int32Array.of(0) };
  const one = { chosen, as: config.scoring === 'softmax' ? 'odds' : 'logits' } as const;
  const runs = (config.purpose.logits ? [undefined, one] : [undefined]).flatMap((wanted) =>
    Array.from({ length: threads }, () => student.scanFeatures(text, kept(new Uint8Array(bytes)), wanted)),
  );
  await Promise.all(runs);
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

/** Feeds of the second image, for a model that looks at two: the first again. */
const second = (image: Feeds, images: 1 | 2): Feeds =>
  images === 1 ? {} : Object.fromEntries(Object.entries(image).map(([name, numbers]) => [`${name}_2`, numbers]));
