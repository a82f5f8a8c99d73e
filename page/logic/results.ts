import type { Asked, AskOptions, PictureAnswer } from '../source.ts';

/** Bars of a histogram. */
export const BARS = 50;

/** Heights of bars, 0 to 1: square roots, or the few that are sure would not be seen beside the many that are not. */
export const barHeights = (counts: readonly number[]): number[] => {
  const most = Math.max(1, ...counts);
  return counts.map((count) => Math.sqrt(count / most));
};

/** Whether all pictures are among the answers, so that another cut or order needs no further question. */
export const isWhole = ({ answers, asked }: Asked): boolean =>
  answers.reduce((sum, { duplicates }) => sum + 1 + duplicates.length, 0) >= asked;

/** The least probability that is shown until somebody moves the slider: half of an answer that was named, else all. */
export const usualCut = (answer: string | undefined): number => (answer === undefined ? 0 : 0.5);

const inOrder: Readonly<Record<AskOptions['sort'], (a: PictureAnswer, b: PictureAnswer) => number>> = {
  probability: (a, b) => b.probability - a.probability || compare(a.path, b.path),
  date: (a, b) => compare(b.date, a.date) || compare(a.path, b.path),
  path: (a, b) => compare(a.path, b.path),
};

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** The answers from a probability up, in an order. */
export const cutAndSorted = (
  answers: readonly PictureAnswer[],
  { atLeast, sort }: Pick<AskOptions, 'atLeast' | 'sort'>,
): PictureAnswer[] => answers.filter(({ probability }) => probability >= atLeast).sort(inOrder[sort]);

/** Number of pictures of some answers, the near-duplicates behind them included. */
export const picturesIn = (answers: readonly PictureAnswer[]): number =>
  answers.reduce((sum, { duplicates }) => sum + 1 + duplicates.length, 0);
