import type { Estimate } from '../confidence.ts';
import type { Cell, Unit } from './table.ts';

const figures = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 3 });

/** Text of a number in each unit. */
const textIn: { readonly [U in Unit]: (value: number) => string } = {
  percent: (value) => (100 * value).toFixed(1),
  milliseconds: (value) => figures.format(value),
  nats: (value) => figures.format(value),
  rate: (value) => `${value}`,
  seconds: (value) => value.toFixed(0),
  mebibytes: (value) => (value / 2 ** 20).toFixed(0),
};

/** `55.3 ± 2.1`; `55.3` for one run, `55.3 (1 of 3)` where seeds are missing, `–` where there is no result yet. */
export const cellText = (cell: Cell, unit: Unit): string => {
  if (cell === undefined) return '–';
  const { values, mean, margin, of } = cell;
  const spread = margin === undefined ? '' : ` ± ${textIn[unit](margin)}`;
  return `${textIn[unit](mean)}${spread}${of === undefined ? '' : ` (${values.length} of ${of})`}`;
};

/** A difference of ratios in percentage points: `+7.2 ± 3.1`. */
export const pointsText = ({ mean, margin }: Estimate): string => {
  const sign = mean < 0 ? '−' : '+';
  const points = `${sign}${(100 * Math.abs(mean)).toFixed(1)}`;
  return margin === undefined ? points : `${points} ± ${(100 * margin).toFixed(1)}`;
};

/** Symbol of each unit, for the head of a column. */
export const unitName: { readonly [U in Unit]: string } = {
  percent: '%',
  milliseconds: 'ms',
  nats: 'nats',
  rate: '',
  seconds: 's',
  mebibytes: 'MiB',
};
