import type { Numbers } from '../../engine/numbers.ts';
import { UserError } from '../../errors.ts';

/** Rows of the similarity of a whole batch. */
interface RowRange {
  /** Number of the first row, whose matched column has the same number. */
  readonly from: number;
  /** Number of columns. */
  readonly pairs: number;
  /** Hard negatives of each row. */
  readonly count: number;
}

/**
 * Columns of each row's candidates: the matched one, then the `count` most similar others, of equal ones the first.
 *
 * @throws UserError where there are fewer others.
 */
export const hardest = ({ shape, data }: Numbers, { from, pairs, count }: RowRange): number[][] => {
  if (pairs <= count) {
    throw new UserError(
      `candidates: ${count} hard negatives are to be found in a batch of ${pairs}: give a larger batch, or fewer candidates`,
    );
  }
  return Array.from({ length: shape[0]! }, (_, row) => {
    const similarityOf = (column: number): number => data[row * pairs + column]!;
    const others = Array.from({ length: pairs }, (_, column) => column).filter((column) => column !== from + row);
    const ranked = others.sort((a, b) => similarityOf(b) - similarityOf(a) || a - b);
    return [from + row, ...ranked.slice(0, count)];
  });
};
