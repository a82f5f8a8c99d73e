import type { overSeeds } from '../confidence.ts';
import type { Cell, Unit } from './table.ts';

const figures = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 3 });

/** How a number of a unit is written. */
const written: { readonly [U in Unit]: (value: number) => string } = {
  percent: (value) => (100 * value).toFixed(1),
  milliseconds: (value) => figures.format(value),
  nats: (value) => figures.format(value),
  rate: (value) => `${value}`,
  seconds: (value) => value.toFixed(0),
  mebibytes: (value) => (value / 2 ** 20).toFixed(0),
};

/** `55.3 ± 2.1`, `55.3` where there is one run, `55.3 (1 of 3)` where others are to come, `–` where there is none yet. */
export const cellText = (cell: Cell, unit: Unit): string => {
  if (cell === undefined) return '–';
  const { values, mean, margin, of } = cell;
  const spread = margin === undefined ? '' : ` ± ${written[unit](margin)}`;
  return `${written[unit](mean)}${spread}${of === undefined ? '' : ` (${values.length} of ${of})`}`;
};

/** A difference of shares in points: `+7.2 ± 3.1`. */
export const pointsText = ({ mean, margin }: ReturnType<typeof overSeeds>): string => {
  const sign = mean < 0 ? '−' : '+';
  const points = `${sign}${(100 * Math.abs(mean)).toFixed(1)}`;
  return margin === undefined ? points : `${points} ± ${(100 * margin).toFixed(1)}`;
};

/** The unit of a table's numbers, for its head. */
export const unitName: { readonly [U in Unit]: string } = {
  percent: '%',
  milliseconds: 'ms',
  nats: 'nats',
  rate: '',
  seconds: 's',
  mebibytes: 'MiB',
};
