import type { ImageCache } from '../image-cache.ts';
import { openPredictor } from '../open-predictor.ts';
import { type Runnable, withPredictor } from '../opened.ts';
import type { AskOptions } from './ask-options.ts';
import { askPlanned, streamPlanned } from './ask-planned.ts';
import type { Condition } from './conditions.ts';
import type { FoundAnswers, QuestionResult, QuestionsOptions } from './questions.ts';

/**
 * Asks many questions of every cached image in one scan: each block of images is read once and answers all of them. It
 * says more than `ask`: how many images reach `atLeast`, and with `histogram` how often each answer is the most probable.
 *
 *   const [dogs, buses] = await askAll(student, photos, ['is there a dog?', 'what color is the bus? = red']);
 *
 * @param questions each with its answer, where that is not the default of `ask`: `{ question, answer }`, or the same as a
 *   text, `QUESTION = ANSWER`.
 * @returns a result for each question, in their order.
 * @throws UserError as `ask`.
 */
export const askAll = async (
  student: Runnable,
  images: ImageCache,
  questions: readonly Condition[],
  options: QuestionsOptions = {},
): Promise<QuestionResult[]> =>
  await withPredictor(student, options, (predictor) => askPlanned(predictor, images, questions, options));

/** Options of `streamAnswers`: nothing is held, so nothing is ordered, cut or grouped. */
export type StreamOptions = Omit<AskOptions, 'top' | 'sort' | 'order' | 'nearDuplicates'>;

/**
 * Asks as `askAll`, but yields the answers while the scan goes on, so that the first are there at once and a million
 * images with many questions fit any memory. The order is that of the cache, in which the images were encoded; of each
 * image, that of the questions. A consumer that leaves early ends the scan.
 *
 * @throws UserError as `ask`.
 */
export async function* streamAnswers(
  student: Runnable,
  images: ImageCache,
  questions: readonly Condition[],
  options: StreamOptions = {},
): AsyncGenerator<FoundAnswers, void, undefined> {
  const isOpen = !('weights' in student);
  const predictor = isOpen ? student : await openPredictor(student, { threads: options.threads });
  try {
    yield* streamPlanned(predictor, images, questions, options);
  } finally {
    if (!isOpen) await predictor.close();
  }
}
