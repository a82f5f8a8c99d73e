import { counted } from '../../errors.ts';
import type { Example } from '../example.ts';
import { answerLikeFields } from '../records/nested.ts';
import type { DatasetQuery } from './format.ts';

/** Notices of fields that look as if they held answers, or the scores of answers, and are not read so. */
export const answerNotices = (path: string, examples: readonly Example[], query: DatasetQuery): string[] =>
  query.records.answers.kind === 'none'
    ? []
    : [...unansweredIn(path, examples, query), ...unreadScoresIn(path, examples)];

/** A notice where rows have no answer, but fields that look like one. */
const unansweredIn = (path: string, examples: readonly Example[], { records }: DatasetQuery): string[] => {
  const { fields: known } = records.answers;
  const unanswered = examples.filter(({ answers }) => answers.length === 0);
  const fields = [...new Set(unanswered.flatMap(({ about }) => answerLikeFields(about ?? {})))];
  if (fields.length === 0) return [];
  const rows = unanswered.length === examples.length ? 'no row has an answer' : someLack(unanswered, examples);
  return [
    `${path}: ${rows} for ${records.name}, and ${someOf(fields)} is not read as one: call it "${known[0]}", or name it in a task of your own (defineTask).`,
  ];
};

const someLack = ({ length: few }: readonly unknown[], { length: all }: readonly unknown[]): string =>
  `${few} of ${counted(all, 'row')} ${few === 1 ? 'has' : 'have'} no answer`;

/** The first names of many. */
const someOf = (names: readonly string[]): string => names.slice(0, 5).join(', ') + (names.length > 5 ? ', …' : '');

/** Names of fields that may hold the scores of answers. */
const LIKE_SCORES = /score|weight|prob|conf|freq|count|vote/i;

/** A notice of lists of numbers, one for each answer of a row, that are not read as their scores. */
const unreadScoresIn = (path: string, examples: readonly Example[]): string[] => {
  const fields = new Set(examples.flatMap(scoresBeside));
  if (fields.size === 0) return [];
  return [
    `${path}: ${someOf([...fields])}, a number for each answer of a row, is not read as a score: call it "answer_scores", between 0 and 1.`,
  ];
};

const scoresBeside = ({ answers, about = {} }: Example): string[] => {
  const given = Array.isArray(about.answers) ? about.answers.length : answers.length;
  if (given < 2) return [];
  const isBeside = (value: unknown): boolean =>
    Array.isArray(value) && value.length === given && value.every((one) => typeof one === 'number');
  return Object.entries(about).flatMap(([name, value]) => (LIKE_SCORES.test(name) && isBeside(value) ? [name] : []));
};
