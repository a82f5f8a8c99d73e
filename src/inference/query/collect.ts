import type { ImageCache } from '../image-cache.ts';
import type { ScanBlock } from '../scan.ts';
import { product } from './conditions.ts';
import type { AnswerCount, Plan, Planned, QuestionResult } from './questions.ts';
import { type Candidate, openRanking, type Ranking, rankedImage } from './ranking.ts';

/** An image that reaches the least probability. */
export interface AnswerCandidate extends Candidate {
  /** Index of the answer. */
  readonly answer: number;
}

/** Candidate with its row of a block. */
interface RowCandidate extends AnswerCandidate {
  readonly row: number;
}

/** Answers found for one question among a part of the images; collections are joined by them. */
export interface Share {
  /** Number of images that reach the least probability. */
  readonly found: number;
  /** The first of them, or all, in no order that matters. */
  readonly candidates: readonly AnswerCandidate[];
  /** Number of images of each answer, where answers are counted. */
  readonly counts: Float64Array;
  /** Number of images in each part of the probabilities. */
  readonly bars: Float64Array;
}

/** Answers to the questions of a plan, collected while a scan goes on. */
export interface Collection {
  /** Adds a block in which the scores of the plan's rows are. */
  add(block: ScanBlock): void;
  /** Adds what another collection of the same plan has found among some images, for each question. */
  join(shares: readonly Share[], images: number): void;
  /** Answers found so far, for each question, near-duplicates included. */
  shares(): Share[];
  /** A result for each question. */
  finish(): Promise<QuestionResult[]>;
}

/** Opens a collection. @param names all answers of the student. */
export const openCollection = (names: readonly string[], images: ImageCache, plan: Plan): Collection => {
  const { questions, filtered, options } = plan;
  const { dates, count } = filtered;
  const rankings = questions.map(() => openRanking<AnswerCandidate>(images, dates, options));
  const counts = questions.map(() => new Float64Array(names.length));
  const bars = questions.map(() => new Float64Array(options.bars ?? 0));
  let done = 0;
  const progress = (images: number): void => {
    done += images;
    options.onProgress?.(done, count);
  };
  return {
    join: (shares, some) => {
      for (const [i, { found, candidates, ...share }] of shares.entries()) {
        for (const one of candidates) rankings[i]!.add(one);
        for (let rest = found - candidates.length; rest > 0; rest -= 1) rankings[i]!.passOver();
        addTo(counts[i]!, share.counts);
        addTo(bars[i]!, share.bars);
      }
      progress(some);
    },
    shares: () =>
      rankings.map((ranking, i) => ({
        ...{ found: ranking.count, candidates: ranking.held() },
        ...{ counts: counts[i]!, bars: bars[i]! },
      })),
    add: (block) => {
      for (const [i, question] of questions.entries()) {
        const probabilities = product(block.scores, block.places.length, question);
        rank(rankings[i]!, block, { question, probabilities, atLeast: options.atLeast });
        countProbabilities(probabilities, bars[i]!);
        if (question.best !== undefined) countAnswers(block, question.best, counts[i]!);
      }
      progress(block.places.length);
    },
    finish: () =>
      Promise.all(
        questions.map(async ({ question, answer, best }, i) => ({
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
          ...(options.bars === undefined ? {} : { bars: [...bars[i]!] }),
        })),
      ),
  };
};

const addTo = (sums: Float64Array, more: Float64Array): void => {
  for (const [i, one] of more.entries()) sums[i]! += one;
};

/** The images of a block that reach a probability. */
export const candidatesIn = (
  block: ScanBlock,
  planned: Planned,
  atLeast: number = Number.NEGATIVE_INFINITY,
): RowCandidate[] => {
  const probabilities = product(block.scores, block.places.length, planned);
  const found: RowCandidate[] = [];
  for (const [row, score] of probabilities.entries())
    if (score >= atLeast) found.push(candidateAt(block, planned, row, score));
  return found;
};

const candidateAt = (
  { places, answers }: ScanBlock,
  { answer, first }: Planned,
  row: number,
  score: number,
): RowCandidate => ({ row, place: places[row]!, score, answer: answer ?? answers[first * places.length + row]! });

/** Adds what reaches `atLeast` to a ranking; of most of a million images nothing is made but their scores. */
const rank = (
  ranking: Ranking<AnswerCandidate>,
  block: ScanBlock,
  { question, probabilities, atLeast = Number.NEGATIVE_INFINITY }: Ranked,
): void => {
  for (let row = 0; row < probabilities.length; row += 1) {
    const score = probabilities[row]!;
    if (score < atLeast) continue;
    if (score < ranking.floor) ranking.passOver();
    else ranking.add(candidateAt(block, question, row, score));
  }
};

/** Probabilities of a question about the images of a block, and the least of interest. */
interface Ranked {
  readonly question: Planned;
  readonly probabilities: Float64Array;
  readonly atLeast: number | undefined;
}

/** Counts each probability in its part of 0 to 1, of as many equal parts as there are counts. */
const countProbabilities = (probabilities: Float64Array, counts: Float64Array): void => {
  const last = counts.length - 1;
  if (last < 0) return;
  for (const one of probabilities) counts[Math.min(last, Math.floor(one * counts.length))]! += 1;
};

const countAnswers = ({ places, answers }: ScanBlock, row: number, counts: Float64Array): void => {
  const count = places.length;
  for (let i = 0; i < count; i += 1) counts[answers[row * count + i]!]! += 1;
};

/** Counts above 0, the largest first, equal ones in the order of the student's answers. */
const histogramOf = (counts: Float64Array, names: readonly string[]): AnswerCount[] =>
  countedAnswers(counts, names).sort((a, b) => b.images - a.images);

/** The answers that some image has, in the order of their names. */
export const countedAnswers = (counts: Float64Array, names: readonly string[]): AnswerCount[] =>
  Array.from(counts, (images, i) => ({ answer: names[i]!, images })).filter(({ images }) => images > 0);
