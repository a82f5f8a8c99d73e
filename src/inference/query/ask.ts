import { UserError } from '../../errors.ts';
import type { ImageCache } from '../image-cache.ts';
import { type Runnable, withPredictor } from '../opened.ts';
import { checkAnswers } from '../predictor.ts';
import { scan } from '../scan.ts';
import { topOf } from './top-k.ts';

/** A student's answer about one image. */
export interface Answer {
  /** Path of the image below the folder that was cached. */
  readonly image: string;
  readonly answer: string;
  /** Probability of the answer, between 0 and 1, by the student's own scoring. */
  readonly probability: number;
}

/** Options of `ask`. */
export interface AskOptions {
  /** Number of images to return, the most probable answers first. Default: all. */
  readonly top?: number | undefined;
  /** Answer whose probability is returned for each image. Default: each image's most probable answer. */
  readonly answer?: string | undefined;
  /** Threads of a model that is not open yet. Default: the processors that this process may use. */
  readonly threads?: number | undefined;
  /** Receives what was done to the question, a sentence each: cut short, a word unknown. */
  readonly onWarning?: ((message: string) => void) | undefined;
}

/**
 * Asks one question of every cached image. The text is encoded once, and each image costs an addition and two small
 * MLPs (f and the head).
 *
 * @param student a model, or one that is open (`openPredictor`), to ask it often.
 * @returns the most probable answers first; equally probable ones by path.
 * @throws UserError where the question is empty, the cache is another student's, or `answer` is none of its answers.
 */
export const ask = async (
  student: Runnable,
  images: ImageCache,
  question: string,
  { answer, onWarning, ...options }: AskOptions = {},
): Promise<Answer[]> => {
  const { top = Number.POSITIVE_INFINITY } = options;
  if (!(top >= 1)) throw new UserError(`the top ${top} answers: ask for at least 1`);
  return await withPredictor(student, options, async (predictor) => {
    checkAnswers(predictor);
    const found = await topOf(scan(predictor, images, [{ text: question, answer }], { onWarning }), top, images);
    return found.map(({ place, score, answer: index }) => ({
      image: images.pathAt(place),
      answer: predictor.config.answers[index!]!,
      probability: score,
    }));
  });
};
