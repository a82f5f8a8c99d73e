import { UserError } from '../../errors.ts';
import type { ImageCache } from '../image-cache.ts';
import { checkAnswers, type Predictor } from '../predictor.ts';
import { type ScanBlock, type ScanQuestion, scan } from '../scan.ts';
import { expectedAnswer, indexOfAnswer } from './answer-names.ts';
import type { Answer, AskOptions } from './ask-options.ts';
import { type Condition, type Factors, parseCondition, product, questionOf } from './conditions.ts';
import { type FilteredImages, filterImages } from './filter.ts';
import { once } from './once.ts';
import { type Candidate, checkRanking, openRanking, type Ranking, rankedImage } from './ranking.ts';

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
}

/** Options of questions that are asked together. */
export interface QuestionsOptions extends AskOptions {
  /** Whether the most probable answers of all images are counted. Default false. */
  readonly histogram?: boolean | undefined;
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
interface Planned extends Factors {
  readonly question: string;
  /** Index of the answer that it is asked for. */
  readonly answer?: number | undefined;
  /** Row of its most probable answers, where they are counted. */
  readonly best?: number | undefined;
}

/** An image that reaches the least probability, in its row of a block. */
interface AnswerCandidate extends Candidate {
  readonly row: number;
  /** Index of the answer. */
  readonly answer: number;
}

interface Plan {
  readonly questions: readonly Planned[];
  readonly scanned: readonly ScanQuestion[];
  readonly filtered: FilteredImages;
}

/** Plans what is scanned. @throws UserError where an option, an answer or a condition is wrong. */
const planOf = (
  student: Predictor,
  images: ImageCache,
  questions: readonly Condition[],
  options: QuestionsOptions,
): Plan => {
  checkAnswers(student);
  checkRanking(options);
  const { config } = student;
  const { and = [], not = [], answer: named, histogram = false } = options;
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
  return { questions: planned, scanned, filtered: filterImages(images, options) };
};

/** Asks questions together in one scan, so that an image's vector is read once for all of them. */
export const askPlanned = async (
  student: Predictor,
  images: ImageCache,
  questions: readonly Condition[],
  options: QuestionsOptions,
): Promise<QuestionResult[]> => {
  const { questions: planned, scanned, filtered } = planOf(student, images, questions, options);
  const { dates, only, count } = filtered;
  const { atLeast = Number.NEGATIVE_INFINITY, onProgress } = options;
  const rankings = planned.map(() => openRanking<AnswerCandidate>(images, dates, options));
  const counts = planned.map(() => new Float64Array(student.config.answers.length));
  let done = 0;
  for await (const block of scan(student, images, scanned, { only, onWarning: once(options.onWarning) })) {
    for (const [i, question] of planned.entries()) {
      rank(rankings[i]!, block, question, atLeast);
      if (question.best !== undefined) countAnswers(block, question.best, counts[i]!);
    }
    done += block.places.length;
    onProgress?.(done, count);
  }
  const { answers: names } = student.config;
  return await Promise.all(
    planned.map(async ({ question, answer, best }, i) => ({
      question,
      ...(answer === undefined ? {} : { answer: names[answer]! }),
      images: count,
      found: rankings[i]!.count,
      answers: (await rankings[i]!.finish()).map(([{ place, score, answer: index }, near]) => ({
        ...rankedImage(images, dates, place, near),
        answer: names[index]!,
        probability: score,
      })),
      ...(best === undefined ? {} : { histogram: histogramOf(counts[i]!, names) }),
    })),
  );
};

/**
 * Asks questions together and yields what reaches `atLeast` while the scan goes on: image by image in the order of the
 * cache, which is that in which the images were encoded, and of each image in the order of the questions. Nothing is
 * held, so `top`, `sort`, `order` and `nearDuplicates` are not for it.
 */
export async function* streamPlanned(
  student: Predictor,
  images: ImageCache,
  questions: readonly Condition[],
  options: Omit<AskOptions, 'top' | 'sort' | 'order' | 'nearDuplicates'>,
): AsyncGenerator<FoundAnswers, void, undefined> {
  const { questions: planned, scanned, filtered } = planOf(student, images, questions, options);
  const { dates, only, count } = filtered;
  const { atLeast = Number.NEGATIVE_INFINITY, onProgress } = options;
  let done = 0;
  for await (const block of scan(student, images, scanned, { only, onWarning: once(options.onWarning) })) {
    const rows: QuestionAnswer[][] = Array.from(block.places, () => []);
    for (const question of planned) {
      for (const { row, place, score, answer } of candidatesIn(block, question, atLeast))
        rows[row]!.push({
          question: question.question,
          ...rankedImage(images, dates, place),
          answer: student.config.answers[answer]!,
          probability: score,
        });
    }
    done += block.places.length;
    onProgress?.(done, count);
    yield { found: rows.flat(), done, of: count };
  }
}

const candidatesIn = (block: ScanBlock, planned: Planned, atLeast: number): AnswerCandidate[] => {
  const probabilities = product(block.scores, block.places.length, planned);
  const found: AnswerCandidate[] = [];
  for (const [row, score] of probabilities.entries())
    if (score >= atLeast) found.push(candidateAt(block, planned, row, score));
  return found;
};

const candidateAt = (
  { places, answers }: ScanBlock,
  { answer, first }: Planned,
  row: number,
  score: number,
): AnswerCandidate => ({ row, place: places[row]!, score, answer: answer ?? answers[first * places.length + row]! });

/** Adds what reaches `atLeast` to a ranking; of most of a million images nothing is made but their scores. */
const rank = (ranking: Ranking<AnswerCandidate>, block: ScanBlock, planned: Planned, atLeast: number): void => {
  const probabilities = product(block.scores, block.places.length, planned);
  for (let row = 0; row < probabilities.length; row += 1) {
    const score = probabilities[row]!;
    if (score < atLeast) continue;
    if (score < ranking.floor) ranking.passOver();
    else ranking.add(candidateAt(block, planned, row, score));
  }
};

const countAnswers = ({ places, answers }: ScanBlock, row: number, counts: Float64Array): void => {
  const count = places.length;
  for (let i = 0; i < count; i += 1) counts[answers[row * count + i]!]! += 1;
};

/** Counts above 0, the largest first, equal ones in the order of the student's answers. */
const histogramOf = (counts: Float64Array, names: readonly string[]): AnswerCount[] =>
  Array.from(counts, (images, i) => ({ answer: names[i]!, images }))
    .filter(({ images }) => images > 0)
    .sort((a, b) => b.images - a.images);
