import { defineTask } from './define-task.ts';
import type { Prediction } from './task.ts';

/**
 * NLVR2 (Suhr et al. 2019): whether a statement is true of two images together. Each image is encoded with the
 * statement and the head reads both pairs side by side.
 *
 * Consistency is the ratio of statements that are judged right with every pair of images that they come with.
 */
export const nlvr2 = defineTask({
  name: 'nlvr2',
  images: 2,
  answers: ['False', 'True'],
  fields: { text: ['sentence', 'text', 'question'] },
  measures: (judged) => (judged.length === 0 ? {} : { consistency: consistencyOf(judged) }),
});

/** 1 for each statement that is always judged right, 0 for the others. */
const consistencyOf = (judged: readonly Prediction[]): number[] => {
  const consistent = new Map<string, boolean>();
  for (const one of judged) {
    const statement = statementOf(one);
    consistent.set(statement, (consistent.get(statement) ?? true) && one.score === 1);
  }
  return [...consistent.values()].map(Number);
};

/**
 * A key of a statement: NLVR2's identifier `split-set-pair-sentence` without its pair (as the authors' own evaluation
 * has it), or else its words.
 */
const statementOf = ({ example: { about, text } }: Prediction): string => {
  const parts = typeof about?.identifier === 'string' ? about.identifier.split('-') : [];
  return parts.length === 4 ? [parts[0], parts[1], parts[3]].join('-') : text;
};
