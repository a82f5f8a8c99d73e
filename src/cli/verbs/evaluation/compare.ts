import { interval, isAnswered } from '../../../data.ts';
import { type Prediction, UserError } from '../../../index.ts';
import type { PrecisionFlag } from '../../options/device.ts';
import { type Cell, percent, tableOf } from '../../terminal/table.ts';

/** Options of a comparison of two precisions. */
export interface CompareFlags extends PrecisionFlag {
  readonly compare?: boolean | undefined;
}

/** One measure of a split, computed in float32 and in int8. */
export interface Compared {
  readonly split: string;
  readonly measure: string;
  /** Number of scores. */
  readonly of: number;
  /** Means of the scores, from 0 to 1. */
  readonly float32: number;
  readonly int8: number;
  /** Mean of int8 less float32 over the same questions, with its 95 % bootstrap interval. */
  readonly difference: number;
  readonly interval: readonly [number, number];
  /** Share of equal answers; of retrieval, of equal scores. */
  readonly same: number;
}

/** @throws UserError where there is nothing to compare float32 with. */
export const checkCompare = ({ compare, precision }: CompareFlags): void => {
  if (!compare || precision === 'int8') return;
  throw new UserError('--compare: it compares another precision with float32: give --precision int8');
};

/** Compares the scores of a measure, question by question. */
export const comparedScores = (
  what: Pick<Compared, 'split' | 'measure'>,
  [exact, quantized]: readonly [readonly number[], readonly number[]],
  { seed, same }: { readonly seed: number; readonly same?: number | undefined },
): Compared => {
  const meanOf = (scores: readonly number[]): number => scores.reduce((sum, one) => sum + one, 0) / scores.length;
  const { mean, low, high } = interval(
    quantized.map((score, i) => score - exact[i]!),
    { seed },
  );
  const equal = quantized.filter((score, i) => score === exact[i]).length / exact.length;
  return {
    ...what,
    of: exact.length,
    ...{ float32: meanOf(exact), int8: meanOf(quantized) },
    ...{ difference: mean, interval: [low, high], same: same ?? equal },
  };
};

/** Compares the answers of both precisions to the questions of a split whose right answers are known; none of none. */
export const comparedAnswers = (
  split: string,
  [exact, quantized]: readonly [readonly Prediction[], readonly Prediction[]],
  seed: number,
): Compared[] => {
  const same = quantized.filter(({ predicted }, i) => predicted === exact[i]!.predicted).length / quantized.length;
  const scoresOf = (all: readonly Prediction[]): number[] =>
    all.filter(({ example }) => isAnswered(example)).map(({ score }) => score);
  const scores = [scoresOf(exact), scoresOf(quantized)] as const;
  return scores[0].length === 0 ? [] : [comparedScores({ split, measure: 'accuracy' }, scores, { seed, same })];
};

const points = (difference: number): string => (100 * difference).toFixed(2);

/** Comparisons as a table. */
export const comparedTable = (all: readonly Compared[]): string => {
  const rows = all.map(({ split, measure, of, float32, int8, difference, interval: [low, high], same }): Cell[] => [
    ...[split, measure, of, percent(float32), percent(int8)],
    ...[`${points(difference)} points`, `${points(low)} to ${points(high)}`, percent(same)],
  ]);
  return tableOf([['split', 'measure', 'of', 'float32', 'int8', 'difference', '95 % interval', 'the same'], ...rows]);
};
