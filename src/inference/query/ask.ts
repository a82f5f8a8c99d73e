import type { ImageCache } from '../image-cache.ts';
import { type Runnable, withPredictor } from '../opened.ts';
import type { Answer, AskOptions } from './ask-options.ts';
import { askPlanned } from './ask-planned.ts';

/**
 * Asks one question of every cached image. The text is encoded once, and each image costs an addition and two small
 * MLPs (f and the head).
 *
 *   await ask(student, photos, 'is there a dog?', { atLeast: 0.5, sort: 'date' });   // the newest first
 *
 * @param student a model, or one that is open (`openPredictor`), to ask it often.
 * @returns the most probable answers first, unless `sort` says otherwise; equal ones by path.
 * @throws UserError where the question is empty, the cache is another student's, `answer` is none of its answers, or an
 *   option is out of its range.
 */
export const ask = async (
  student: Runnable,
  images: ImageCache,
  question: string,
  options: AskOptions = {},
): Promise<Answer[]> =>
  await withPredictor(student, options, async (predictor) => {
    const [result] = await askPlanned(predictor, images, [{ question }], options);
    return [...result!.answers];
  });
