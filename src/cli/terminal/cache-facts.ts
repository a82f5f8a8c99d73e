import type { ImageCache } from '../../index.ts';
import { type Cell, groupedCount } from './table.ts';

/** Cost of a cache's precision in answers: one row, or none where it is not known. */
export const costFacts = ({ cost, task }: ImageCache['about']): [string, Cell][] => {
  if (!cost) return [];
  const what = task === 'retrieval' ? 'cosine' : 'probability';
  const { images, questions, mean, largest } = cost;
  const compared = `${groupedCount(images, 'image')} x ${groupedCount(questions, 'question')}`;
  return [['cost', `a ${what} differs by ${rounded(mean)} on average, ${rounded(largest)} at most (${compared})`]];
};

const rounded = (difference: number): string => (difference === 0 ? '0' : difference.toPrecision(2));
