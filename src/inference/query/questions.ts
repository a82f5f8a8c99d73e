import { UserError } from '../../errors.ts';
import { encodeWords } from '../encode-text.ts';
import type { ImageCache } from '../image-cache.ts';
import { checkAnswers, type Predictor } from '../predictor.ts';
import type { ScanQuestion } from '../scan.ts';
import { expectedAnswer, indexOfAnswer } from './answer-names.ts';
import type { Answer, AskOptions } from './ask-options.ts';
import { type Condition, type Factors, parseCondition, questionOf } from './conditions.ts';
import { type FilteredImages, filterImages } from './filter.ts';
import { once } from './once.ts';
import { checkRanking } from './ranking.ts';

/** Number of images whose most probable answer is this one. */
export interface AnswerCount {
  readonly answer: string;
  readonly images: number;
}

/** Answers to one of several questions. */
export interface QuestionResult {
  readonly question: string;
  /** The answer that was asked for; absent where each image's most probable one was. */
  readonly answer?: string | undefined;
  /** Number of images that were asked: those that the filter let through. */
  readonly images: number;
  /** Number of those that reach `atLeast`, before `top` and the grouping of near-duplicates. */
  readonly found: number;
  readonly answers: readonly Answer[];
  /** Most probable answers of all images that were asked, the most frequent first. */
  readonly histogram?: readonly AnswerCount[] | undefined;
  /** Number of images in each of `bars` equal parts of the probabilities 0 to 1, whatever `atLeast`; 1 is in the last. */
  readonly bars?: readonly number[] | undefined;
}

/** Options of questions that are asked together. */
export interface QuestionsOptions extends AskOptions {
  /** Whether the most probable answers of all images are counted. Default false. */
  readonly histogram?: boolean | undefined;
  /** Number of equal parts of 0 to 1 in which all images are counted by their probability. Default: they are not. */
  readonly bars?: number | undefined;
}

/** Answer about one image to one of several questions. */
export interface QuestionAnswer extends Answer {
  readonly question: string;
}

/** Answers that a scan has found since the last ones. */
export interface FoundAnswers {
  /** Image by image in the order of the cache, and of each image in the order of the questions. */
  readonly found: readonly QuestionAnswer[];
  /** Number of images that are done. */
  readonly done: number;
  readonly of: number;
}

/** A question, and the rows of a scan that its probability is made of. */
export interface Planned extends Factors {
  readonly question: string;
  /** Index of the answer that it is asked for. */
  readonly answer?: number | undefined;
  /** Row of its most probable answers, where they are counted. */
  readonly best?: number | undefined;
}

/** Questions that are ready to be asked. */
export interface Plan {
  readonly questions: readonly Planned[];
  readonly scanned: readonly ScanQuestion[];
  readonly filtered: FilteredImages;
  readonly options: QuestionsOptions;
}

/**
 * Plans what is scanned, and says what is not known of the texts and the images.
 *
 * @throws UserError where an option, a text, an answer or a condition is wrong.
 */
export const planOf = (
  student: Predictor,
  images: ImageCache,
  questions: readonly Condition[],
  options: QuestionsOptions,
): Plan => {
  checkAnswers(student);
  checkRanking(options);
  const { config } = student;
  const { and = [], not = [], answer: named, histogram = false, bars = 1 } = options;
  if (!Number.isInteger(bars) || bars < 1) throw new UserError(`${bars} bars: give their number, 1 or more`);
  if (questions.length === 0) throw new UserError('there is no question: ask at least one');
  const scanned: ScanQuestion[] = [];
  const rowOf = (question: ScanQuestion): number => scanned.push(question) - 1;
  const conditions = {
    and: and.map((one) => rowOf(questionOf(one, config))),
    not: not.map((one) => rowOf(questionOf(one, config))),
  };
  const isCombined = and.length + not.length > 0;
  const planned = questions.map((one): Planned => {
    const { question, answer: own } = parseCondition(one);
    const answer = own ?? (named === null ? undefined : (named ?? expectedAnswer(question, config)));
    if (isCombined && answer === undefined) questionOf({ question }, config);
    const first = rowOf({ text: question, answer });
    const best = !histogram || answer === undefined ? first : rowOf({ text: question });
    return {
      question,
      answer: answer === undefined ? undefined : indexOfAnswer(answer, config),
      best: histogram ? best : undefined,
      ...{ first, ...conditions },
    };
  });
  for (const { answer } of scanned) if (answer !== undefined) indexOfAnswer(answer, config);
  const onWarning = once(options.onWarning);
  for (const { text } of scanned) encodeWords(student, { id: 'question', text }, { onWarning });
  return { questions: planned, scanned, filtered: filterImages(images, options), options };
};
