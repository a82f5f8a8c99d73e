import type { PreparedImage } from '../data/batch.ts';
import type { ImageSource } from '../data/example.ts';
import type { PictureOptions } from '../data/pictures/options.ts';
import { UserError } from '../errors.ts';
import { mapConcurrent } from '../files/map-concurrent.ts';
import { type Asked, type AskedOptions, askedOf, checkCount, type RankedAnswer, rank } from './answer-prepared.ts';
import { prepareImages } from './encode-image.ts';
import { openPredictor } from './open-predictor.ts';
import { type Runnable, withPredictor } from './opened.ts';
import type { Predictor } from './predictor.ts';

/** One image, or the two that a model for NLVR2 is asked about: paths, or bytes or pixels in memory. */
export type AnswerImages = ImageSource | readonly ImageSource[];

/** Options of `answer` and `answerEach`. */
export interface AnswerOptions extends PictureOptions, AskedOptions {
  /** Threads of a model that is not open yet. Default: the processors that this process may use. */
  readonly threads?: number | undefined;
}

/**
 * Answers a question about an image, with probabilities. Any model that answers will do, teacher or student.
 *
 *   await answer(model, 'cat.jpg', 'how many cats are there?', { top: 3 });   // [{ answer: '2', probability: 0.91 }, …]
 *
 * Open the model with `openPredictor` to ask it often.
 *
 * @throws UserError where an image cannot be read, the question is empty, the number of images is not the model's, or
 * the model finds instead of answering.
 */
export const answer = async (
  model: Runnable,
  images: AnswerImages,
  question: string,
  options: AnswerOptions = {},
): Promise<RankedAnswer[]> =>
  await withPredictor(model, options, async (predictor) => {
    const asked = askedOf(predictor, question, options);
    const prepared = await prepareItem(predictor, images, options);
    const [rankCandidates] = await rank(predictor, asked, [prepared]);
    return rankCandidates!;
  });

/** Answers about the images of one item, or why they cannot be read. */
export type AnsweredImages =
  | { readonly images: readonly ImageSource[]; readonly answers: readonly RankedAnswer[] }
  | { readonly images: readonly ImageSource[]; readonly failure: UserError };

/** Images that are read and answered about together. */
const BATCH = 16;

/**
 * Answers one question about many images, or pairs of images, one after the other. Images that cannot be read are
 * yielded with the reason, and the others go on.
 *
 * @throws UserError as `answer`, but for images that cannot be read.
 */
export async function* answerEach(
  model: Runnable,
  items: readonly AnswerImages[],
  question: string,
  options: AnswerOptions = {},
): AsyncGenerator<AnsweredImages, void, undefined> {
  const isOpen = !('weights' in model);
  const predictor = isOpen ? model : await openPredictor(model, options);
  try {
    const asked = askedOf(predictor, question, options);
    for (let start = 0; start < items.length; start += BATCH) {
      yield* answerBatch(predictor, asked, items.slice(start, start + BATCH), options);
    }
  } finally {
    if (!isOpen) await predictor.close();
  }
}

async function* answerBatch(
  predictor: Predictor,
  asked: Asked,
  items: readonly AnswerImages[],
  options: AnswerOptions,
): AsyncGenerator<AnsweredImages, void, undefined> {
  const read = await mapConcurrent(items, (images) => prepareItem(predictor, images, options).catch(asFailure));
  const whole = read.filter((one): one is PreparedImage[] => !(one instanceof UserError));
  const rankCandidates = whole.length > 0 ? await rank(predictor, asked, whole) : [];
  for (const [i, one] of read.entries()) {
    const images = listOf(items[i]!);
    yield one instanceof UserError ? { images, failure: one } : { images, answers: rankCandidates.shift()! };
  }
}

const asFailure = (error: unknown): UserError => {
  if (error instanceof UserError) return error;
  throw error;
};

/**
 * Reads and resizes the images of one item.
 *
 * @throws UserError where one cannot be read, or the model wants another number of them.
 */
const prepareItem = async (
  predictor: Predictor,
  images: AnswerImages,
  options: AnswerOptions,
): Promise<PreparedImage[]> => {
  const sources = listOf(images);
  checkCount(predictor, sources.length);
  return await prepareImages(predictor, sources, options);
};

const listOf = (images: AnswerImages): readonly ImageSource[] =>
  Array.isArray(images) ? images : [images as ImageSource];
