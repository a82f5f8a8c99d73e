import { UserError } from '../errors.ts';
import type { ImageCache } from '../inference/image-cache.ts';
import type { Predictor } from '../inference/predictor.ts';
import type { Answer, AskOptions } from '../inference/query/ask-options.ts';
import { askPlanned } from '../inference/query/ask-planned.ts';
import { type FoundImage, type SearchOptions, searchByVector, vectorOf } from '../inference/query/compare.ts';
import type { Condition } from '../inference/query/conditions.ts';
import { type EntailOptions, type JudgedImage, judgeImages } from '../inference/query/judge-images.ts';
import { type JudgedPair, judgePairs, type ReasonOptions } from '../inference/query/judge-pairs.ts';
import type { QuestionResult, QuestionsOptions } from '../inference/query/questions.ts';
import { checkRanking } from '../inference/query/ranking.ts';
import { toUnitLength } from '../inference/query/vectors.ts';
import { encodeImage } from './images.ts';
import type { WebImage } from './pixels.ts';

/**
 * Asks one question of every cached image, as `ask` of `dide` does.
 *
 * @returns the most probable answers first, unless `sort` says otherwise; equal ones by path.
 * @throws UserError where the question is empty, the cache is another student's, `answer` is none of its answers, or an
 *   option is out of its range.
 */
export const ask = async (
  student: Predictor,
  images: ImageCache,
  question: string,
  options: AskOptions = {},
): Promise<Answer[]> => {
  const [result] = await askPlanned(student, images, [{ question }], options);
  return [...result!.answers];
};

/**
 * Asks many questions of every cached image in one scan, as `askAll` of `dide/query` does.
 *
 * @returns a result for each question, in their order.
 * @throws UserError as `ask`.
 */
export const askAll = (
  student: Predictor,
  images: ImageCache,
  questions: readonly Condition[],
  options: QuestionsOptions = {},
): Promise<QuestionResult[]> => askPlanned(student, images, questions, options);

/**
 * Judges of every cached image whether it entails a hypothesis, contradicts it, or leaves it open, as `entail` of
 * `dide/query` does.
 *
 * @throws UserError where the hypothesis is empty, the student does not judge entailment, the cache is another one's, or an
 *   option is out of its range.
 */
export const entail = async (
  student: Predictor,
  images: ImageCache,
  hypothesis: string,
  options: EntailOptions = {},
): Promise<JudgedImage[]> => (await judgeImages(student, images, hypothesis, options)).judged;

/**
 * Judges whether a statement is true of two cached images together, as `reason` of `dide/query` does.
 *
 * @throws UserError where the statement is empty, the student does not judge two images, a cache is another one's, or an
 *   option is out of its range.
 */
export const reason = (
  student: Predictor,
  images: ImageCache,
  statement: string,
  options: ReasonOptions = {},
): Promise<JudgedPair[]> => judgePairs(student, images, statement, options);

/** Text that images are searched by, or a picture that they should be like: the path of a cached one, or one in hand. */
export type WebQuery = string | { readonly like: string | WebImage };

/**
 * Finds the cached images that fit a text, or are like an image, as `search` of `dide` does.
 *
 * @returns the best first, unless `sort` says otherwise; equally good ones by path.
 * @throws UserError where the text is empty, the cache is another model's, texts are compared by a student that answers,
 *   or an option is out of its range.
 */
export const search = async (
  student: Predictor,
  images: ImageCache,
  query: WebQuery,
  options: SearchOptions = {},
): Promise<FoundImage[]> => {
  checkRanking(options);
  const vector = await vectorOf(student, images, query, { ...options, likeFile: () => likePicture(student, query) });
  return await searchByVector(student, images, vector, options);
};

/** Vector of a picture in hand, of length 1. @throws UserError where it is the path of an image that is not cached. */
const likePicture = async (student: Predictor, query: WebQuery): Promise<Float32Array> => {
  const { like } = query as { readonly like: string | WebImage };
  if (typeof like === 'string')
    throw new UserError(`${like}: no cached image has this path: give one of them, or a picture`);
  const data = Float32Array.from((await student.imageFeatures(await encodeImage(student, like))).data);
  toUnitLength(data, data.length);
  return data;
};
