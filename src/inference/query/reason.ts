import type { ImageCache } from '../image-cache.ts';
import { type Runnable, withPredictor } from '../opened.ts';
import { type JudgedPair, judgePairs, type ReasonOptions } from './judge-pairs.ts';

/**
 * Judges whether a statement is true of two cached images together (NLVR2), of all pairs of two sets or of consecutive
 * images. Of m and n images the encoders have run m + n times, when they were cached; f runs m + n times a block and only
 * the last layer of the head m · n times. No more than about twice `top` pairs are held.
 *
 *   await reason(student, photos, 'one image has twice as many dogs as the other', { top: 20 });
 *
 * @param student a model of NLVR2, or one that is open (`openPredictor`).
 * @returns the most probable pairs first; equal ones by the paths of the first and the second image.
 * @throws UserError where the statement is empty, the model does not judge two images, a cache is another one's, or an
 *   option is out of its range.
 */
export const reason = async (
  student: Runnable,
  images: ImageCache,
  statement: string,
  options: ReasonOptions = {},
): Promise<JudgedPair[]> =>
  await withPredictor(student, options, (predictor) => judgePairs(predictor, images, statement, options));
