import type { Model } from '../../checkpoints/model-file.ts';
import type { Example } from '../../data/example.ts';
import { counted, UserError } from '../../errors.ts';
import { scoreRetrieval } from '../../evaluation/score-retrieval.ts';
import { firstImages, galleryOf, meanRecall } from '../../tasks/metrics/recall.ts';
import type { Stage, StageOptions } from './stage.ts';

/**
 * Validation of a model that retrieves: the mean of text R@1 and image R@1 over the first images of the validation
 * split and all of their texts.
 */
export const galleryValidator = (
  { config }: Model,
  { preprocessor, threads }: StageOptions,
  { validation, images }: { readonly validation: readonly Example[]; readonly images: number },
): Stage['validator'] => {
  const gallery = firstImages(galleryOf(validation), images);
  return async (weights) => ({
    accuracy: async () => {
      const { scores, ...read } = await scoreRetrieval({ config, weights }, gallery, { preprocessor, threads });
      return meanRecall(scores, read);
    },
    [Symbol.asyncDispose]: async () => {},
  });
};

/** @throws UserError where the examples have fewer images than an update needs. */
export const refuseFewImages = (examples: readonly Example[], needed: number): void => {
  const images = galleryOf(examples).images.length;
  if (images >= needed) return;
  throw new UserError(
    `retrieval: an update wants ${counted(needed, 'image')}, each once, and the training data have ${images}: give a smaller batch, or more data`,
  );
};

/** @throws UserError where an option is given that is of answers, which retrieval has none of. */
export const refuseAnswers = ({ losses, attention, temperature, objectives }: StageOptions): void => {
  const wrong = [
    ...(attention === undefined || attention === 'cross-modal' ? [] : [`${attention}: give cross-modal, or nothing`]),
    ...(temperature && !losses.soft ? ['a temperature without soft scores: leave it out, or give losses.soft'] : []),
    ...(objectives && Object.keys(objectives).length > 0 ? ['objectives over answers: leave them out'] : []),
  ][0];
  if (wrong !== undefined) throw new UserError(`retrieval: it has no answers, and so no use for ${wrong}`);
};
