import { meanOf } from '../../data.ts';

/** The mean of repeated measurements with its 95 % confidence interval. */
export interface Estimate {
  readonly values: readonly number[];
  readonly mean: number;
  /** Half the width of the interval, by Student's t; absent for a single value, which has none. */
  readonly margin?: number | undefined;
}

/** The 97.5 % quantile of Student's t for 1, 2, 3 … degrees of freedom; beyond the table, the normal's is used. */
const QUANTILES = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131, 2.12, 2.11,
  2.101, 2.093, 2.086, 2.08, 2.074, 2.069, 2.064, 2.06, 2.056, 2.052, 2.048, 2.045, 2.042,
];
const NORMAL = 1.96;

/**
 * Mean and 95 % confidence interval of independent values, such as one a seed.
 *
 * @throws Error without values.
 */
export const meanWithInterval = (values: readonly number[]): Estimate => {
  if (values.length === 0) throw new Error('meanWithInterval: no values: give at least one');
  const mean = meanOf(values);
  if (values.length === 1) return { values, mean };
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
  const quantile = QUANTILES[values.length - 2] ?? NORMAL;
  return { values, mean, margin: quantile * Math.sqrt(variance / values.length) };
};
