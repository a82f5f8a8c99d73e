import { counted } from '../../../errors.ts';
import { NARROW } from '../claims.ts';
import type { Estimate } from '../confidence.ts';
import type { Measured } from '../results.ts';
import type { ReproductionSize } from '../size.ts';
import type { Cell, Unit } from './table.ts';

const figures = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 3 });

/** Text of a number in each unit. */
const textIn: { readonly [U in Unit]: (value: number) => string } = {
  percent: (value) => (100 * value).toFixed(1),
  milliseconds: (value) => figures.format(value),
  nats: (value) => figures.format(value),
  rate: (value) => figures.format(value),
  hours: (value) => value.toFixed(1),
  count: (value) => value.toLocaleString('en-US'),
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
  hours: 'h',
  count: '',
};

/** Rule by which verdicts follow from the differences, in words; each claim adds the bound that its interval must pass. */
export const RULE = `Differences are paired: both sides have the same task, seed, data and order of data. ± is half the width of the 95 % confidence interval (Student’s t). A claim holds where the whole interval lies above the bound beside it, and does not hold where it lies below. Where the interval contains the bound, these runs cannot tell if it is no wider than ±${100 * NARROW} points; otherwise, and where runs are missing, the claim is open.`;

/** Sentence on the finished part of the plan and the number of missing runs. */
export const finishedText = ({ results, planned }: Measured): string => {
  if (results.length === planned) return `all ${planned} jobs`;
  if (results.length === 0) return `none of its ${planned} jobs has run yet, so every number is still missing`;
  return `${results.length} of ${planned} jobs so far; ${planned - results.length} are missing, and the same command continues`;
};

/** `0, 1, 2 (vqa); 0 (nlvr2)` */
export const seedsText = ({ seeds }: ReproductionSize): string =>
  Object.entries(seeds)
    .map(([task, some]) => `${some.join(', ')} (${task})`)
    .join('; ');

/** Sentences on what the texts of the tasks ask for. */
export const relationsText = ({ relations }: ReproductionSize): string =>
  relations === 0
    ? 'Questions, statements and hypotheses bind colours, shapes and sizes to objects and count them. None names a relation between places: questions of one relation take students longer to learn than these budgets allow.'
    : `Questions, statements and hypotheses bind colours, shapes and sizes to objects, count them, and name at most ${counted(relations, 'relation')} between places.`;
