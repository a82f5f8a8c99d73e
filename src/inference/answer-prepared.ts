import { collate, type PreparedImage } from '../data/batch.ts';
import type { Numbers } from '../engine/numbers.ts';
import { UserError } from '../errors.ts';
import { probabilityOf } from '../tasks/task.ts';
import { encodeWords } from './encode-text.ts';
import type { Predictor } from './predictor.ts';

/** An answer of a model, and its probability. */
export interface RankedAnswer {
  readonly answer: string;
  /** Between 0 and 1: a softmax over all answers, or, where several may be right (VQA), the sigmoid of each logit. */
  readonly probability: number;
}

/** Options of answering a question. */
export interface AskedOptions {
  /** Number of answers, the most probable first. Default: all. */
  readonly top?: number | undefined;
  /** Receives what was done to the question or an image, a sentence each: cut short, a word unknown, distorted. */
  readonly onWarning?: ((message: string) => void) | undefined;
}

/**
 * Answers a question about images that are decoded and resized already, as `answer` does.
 *
 * @throws UserError where the question is empty, or the number of images is not the model's.
 */
export const answerPrepared = async (
  predictor: Predictor,
  images: readonly PreparedImage[],
  question: string,
  options: AskedOptions = {},
): Promise<RankedAnswer[]> => {
  checkCount(predictor, images.length);
  const [ranked] = await rank(predictor, askedOf(predictor, question, options), [images]);
  return ranked!;
};

/** A question, encoded, and how many answers are wanted. */
export interface Asked {
  readonly words: Int32Array;
  readonly top: number;
}

/** Encodes a question. @throws UserError where it is empty, or no answer is wanted. */
export const askedOf = (
  predictor: Predictor,
  question: string,
  { top = Number.POSITIVE_INFINITY, onWarning }: AskedOptions,
): Asked => {
  if (!(top >= 1)) throw new UserError(`the top ${top} answers: ask for at least 1`);
  return { words: encodeWords(predictor, { id: 'question', text: question }, { onWarning }), top };
};

/** @throws UserError where the model wants another number of images. */
export const checkCount = ({ config }: Predictor, count: number): void => {
  if (count === config.images) return;
  const wanted = config.images === 1 ? 'one image' : `${config.images} images together`;
  throw new UserError(`the model (${config.task}) answers about ${wanted}, not about ${count}: give ${wanted}`);
};

/** The most probable answers about each item. */
export const rank = async (
  predictor: Predictor,
  { words, top }: Asked,
  items: readonly (readonly PreparedImage[])[],
): Promise<RankedAnswer[][]> => {
  const encoded = items.map((images, i) => ({ id: `image ${i + 1}`, words, images }));
  const logits = await predictor.logits(collate(encoded, predictor.config.sizes));
  return items.map((_, row) => rankedRow(predictor, logits, row).slice(0, top));
};

const rankedRow = ({ config }: Predictor, logits: Numbers, row: number): RankedAnswer[] =>
  config.answers
    .map((name, place) => ({ answer: name, probability: probabilityOf(logits, [row, place], config.scoring) }))
    .sort((a, b) => b.probability - a.probability);
