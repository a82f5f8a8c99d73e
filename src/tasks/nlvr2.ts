import { readingOf } from '../data/formats/open-examples.ts';
import { labelled } from './labels.ts';
import { type Prediction, scoreOf, type Task } from './task.ts';

const answers = ['False', 'True'];

/**
 * NLVR2 (Suhr et al. 2019): whether a statement is true of two images together. Each image is encoded with the statement
 * and the head reads both pairs side by side.
 *
 * Consistency is the share of statements that are judged right with every pair of images that they come with.
 */
export const nlvr2: Task = {
  name: 'nlvr2',
  images: 2,
  scoring: 'softmax',
  read: async (folder, split, options) => labelled(await readingOf('nlvr2')(folder, split, options), answers),
  answers: async () => [...answers],
  score: scoreOf,
  measures: (judged) => (judged.length === 0 ? {} : { consistency: consistencyOf(judged) }),
};

/** 1 or 0 of each statement. */
const consistencyOf = (judged: readonly Prediction[]): number[] => {
  const consistent = new Map<string, boolean>();
  for (const one of judged) {
    const statement = statementOf(one);
    consistent.set(statement, (consistent.get(statement) ?? true) && one.score === 1);
  }
  return [...consistent.values()].map(Number);
};

/**
 * What is one statement: NLVR2 says it by the identifier `split-set-pair-sentence`, without its pair (as the authors'
 * own evaluation does); where there is none, equal words are.
 */
const statementOf = ({ example: { about, text } }: Prediction): string => {
  const parts = typeof about?.identifier === 'string' ? about.identifier.split('-') : [];
  return parts.length === 4 ? [parts[0], parts[1], parts[3]].join('-') : text;
};
