import type { ImageCache } from '../image-cache.ts';
import { type Runnable, withPredictor } from '../opened.ts';
import { type EntailOptions, type JudgedImage, judgeImages } from './judge-images.ts';

/**
 * Judges of every cached image whether it entails a hypothesis, contradicts it, or leaves it open (SNLI-VE). As with
 * `ask` the text is encoded once.
 *
 *   await entail(student, photos, 'two people are cooking', { atLeast: 0.8 });
 *
 * @param student a model of SNLI-VE, or one that is open (`openPredictor`).
 * @returns the images that most probably entail it first, unless the options say otherwise; equal ones by path.
 * @throws UserError where the hypothesis is empty, the student does not judge entailment, the cache is another one's, or
 *   an option is out of its range.
 */
export const entail = async (
  student: Runnable,
  images: ImageCache,
  hypothesis: string,
  options: EntailOptions = {},
): Promise<JudgedImage[]> =>
  await withPredictor(
    student,
    options,
    async (predictor) => (await judgeImages(predictor, images, hypothesis, options)).judged,
  );
