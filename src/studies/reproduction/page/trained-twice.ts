import { isDeepStrictEqual } from 'node:util';
import type { Result } from '../result-file.ts';
import type { Measured } from '../results.ts';
import { percent, singleValue, type Table } from './table.ts';

/** The main measure of a training: accuracy, recall, or the accuracy of matching in stage 1. */
const headline = (measures: Result['measures']): number | undefined =>
  measures['test-iid']?.accuracy ?? measures['test-iid']?.['text R@1'] ?? measures.validation?.matching;

/** The table of runs that were trained twice, with both measures; no table where there are none. */
export const trainedTwiceTables = ({ results }: Measured): Table[] => {
  const twice = results.flatMap(({ id, measures, again }) => {
    const [first, second] = [headline(measures), again && headline(again)];
    if (first === undefined || second === undefined) return [];
    return [{ id, first, second, isSame: isDeepStrictEqual(measures, again) }];
  });
  if (twice.length === 0) return [];
  const apart = twice.reduce((sum, { first, second }) => sum + Math.abs(first - second), 0) / twice.length;
  return [
    {
      id: 'again',
      title: 'Second trainings',
      about: [
        'Runs that were trained a second time from the same seed: because results were taken over from another machine without the weights that other jobs need, or to measure the effect of rounding (--again).',
        'Another processor or version of the program sums in another order, and from the last digits on a training takes another course.',
        `Of ${twice.length}, ${twice.filter(({ isSame }) => isSame).length} have the same measures to the last digit on every split: such a second training tells nothing new.`,
        `On average the two differ by ${(100 * apart).toFixed(1)} points.`,
        'All other tables show the first; jobs that ran afterwards were initialised from the second.',
        'Accuracy or text R@1 on test-iid; matching on validation for stage 1.',
      ].join(' '),
      columns: [percent('first'), percent('second')],
      rows: twice.map(({ id, first, second }) => ({ name: id, cells: [singleValue(first), singleValue(second)] })),
    },
  ];
};
