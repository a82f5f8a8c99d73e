import { UserError } from '../../errors.ts';
import type { ImageCache } from '../image-cache.ts';
import { checkAnswers, type Predictor } from '../predictor.ts';
import { scan } from '../scan.ts';
import type { ImageFilter } from '../store/image-filter.ts';
import { filterImages } from './filter.ts';
import { once } from './once.ts';
import { checkRanking, openRanking, type RankedImage, type RankingOptions, rankedImage } from './ranking.ts';

/** Relation of an image to a hypothesis. */
export type Entailment = 'entailment' | 'neutral' | 'contradiction';

/** Judgement of a student about one image: three probabilities that add up to 1. */
export interface JudgedImage extends RankedImage, Readonly<Record<Entailment, number>> {
  /** The most probable of the three. */
  readonly judgement: Entailment;
}

/** Options of `entail`. */
export interface EntailOptions extends ImageFilter, RankingOptions {
  /** Judgement whose probability orders the images, and that `atLeast` is of. Default `entailment`. */
  readonly judgement?: Entailment | undefined;
  /** Threads of a model that is not open yet. Default: the processors that this process may use. */
  readonly threads?: number | undefined;
  /** Receives a sentence for each thing to know: a word of the hypothesis unknown, images that have no date. */
  readonly onWarning?: ((message: string) => void) | undefined;
  /** Receives the number of images that are done, and of all that are judged. */
  readonly onProgress?: ((done: number, of: number) => void) | undefined;
}

const LABELS: readonly Entailment[] = ['entailment', 'neutral', 'contradiction'];

/** Judgements about images. */
export interface Judgements {
  readonly judged: JudgedImage[];
  /** Number of images whose judgement reaches `atLeast`, whether they are among the `top` or not. */
  readonly found: number;
}

/** Judges images with a student that is open, as `entail` says. @throws UserError as it. */
export const judgeImages = async (
  student: Predictor,
  images: ImageCache,
  hypothesis: string,
  options: EntailOptions,
): Promise<Judgements> => {
  checkRanking(options);
  checkJudges(student);
  const { dates, only, count } = filterImages(images, options);
  const { judgement = 'entailment', atLeast = 0, onProgress } = options;
  const ranking = openRanking<Judged>(images, dates, options);
  const questions = LABELS.map((answer) => ({ text: hypothesis, answer }));
  let done = 0;
  for await (const { places, scores } of scan(student, images, questions, {
    only,
    onWarning: once(options.onWarning),
  })) {
    for (const [i, place] of places.entries()) {
      const all = LABELS.map((_, label) => scores[label * places.length + i]!);
      const score = all[LABELS.indexOf(judgement)]!;
      if (score >= atLeast) ranking.add({ place, score, all });
    }
    done += places.length;
    onProgress?.(done, count);
  }
  const ranked = await ranking.finish();
  return {
    judged: ranked.map(([{ place, all }, near]) => ({
      ...rankedImage(images, dates, place, near),
      ...probabilities(all),
    })),
    found: ranking.count,
  };
};

interface Judged {
  readonly place: number;
  readonly score: number;
  readonly all: readonly number[];
}

const probabilities = (all: readonly number[]) => ({
  judgement: LABELS[all.indexOf(Math.max(...all))]!,
  ...(Object.fromEntries(LABELS.map((label, i) => [label, all[i]!])) as Record<Entailment, number>),
});

/** @throws UserError where a student does not judge entailment. */
const checkJudges = (student: Predictor): void => {
  checkAnswers(student);
  const { answers, task } = student.config;
  if (LABELS.every((label) => answers.includes(label))) return;
  throw new UserError(
    `the model (${task}) has no answers ${LABELS.join(', ')}: give a student of ve (SNLI-VE), or ask this one questions`,
  );
};
