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
      title: 'Trained a second time',
      about: [
        'Once more from the same seed: because other pieces begin from weights that did not come along with numbers from another machine, or to see how much is chance (--again).',
        'Another processor, or another version of the program, adds in another order, and a training goes another way from the last digits on.',
        `Of ${twice.length}, ${twice.filter(({ isSame }) => isSame).length} measured the same to the last digit, on every split: a second training that went the first one's way says nothing new.`,
        `On average the two lie ${(100 * apart).toFixed(1)} points apart.`,
        'All other tables show the first; the pieces that were done afterwards began from the second.',
        'Seconds are those of the machine that did a piece. Accuracy or text R@1 on test-iid; matching on validation for stage 1.',
      ].join(' '),
      columns: [percent('first'), percent('second')],
      rows: twice.map(({ id, first, second }) => ({ name: id, cells: [singleValue(first), singleValue(second)] })),
    },
  ];
};
