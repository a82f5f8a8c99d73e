import { parseJson } from '../../files/json.ts';
import { isRecord } from './no-answer.ts';

/** An answer as a field gives it, with its score where the field says one. */
export interface GivenAnswer {
  readonly answer: unknown;
  readonly score?: unknown;
  /** Whether it stands in a field of class ids, where a number says nothing without the names of the classes. */
  readonly isId?: boolean | undefined;
}

/** Names of the answers, and of their scores, in an object that is one answer or has lists of them. */
const ANSWERS = ['answer', 'answers', 'text', 'texts', 'label', 'labels', 'ids', 'id'];
const SCORES = ['score', 'scores', 'weight', 'weights', 'answer_scores'];
const IDS = /^(label|id)s?$/;

/**
 * The answers that a value of a field gives, in every form that data sets write them:
 *
 * - `"yes"`, `2`
 * - `["yes", "no"]`, one of each annotator, and `[{"answer": "yes"}, …]`
 * - `{"answer": ["yes", "no"], …}`, as the datasets library keeps a list of objects
 * - `{"ids": ["yes", "no"], "weights": [1, 0.3]}`
 * - `{"yes": 1, "no": 0.3}`, and `[{"key": "yes", "value": 1}, …]`, as Arrow keeps a map
 * - any of these as JSON in a text
 *
 * @returns undefined where the value has none of these forms.
 */
export const givenAnswers = (value: unknown): readonly GivenAnswer[] | undefined => {
  if (typeof value === 'number') return [{ answer: value }];
  if (typeof value === 'string') return inText(value);
  if (Array.isArray(value)) return inList(value);
  return isRecord(value) ? inObject(value) : undefined;
};

/** JSON where a text holds a list or an object, otherwise the text itself; a list as Python prints it is neither. */
const inText = (text: string): readonly GivenAnswer[] | undefined => {
  if (!/^\s*(\[|\{)/.test(text)) return [{ answer: text }];
  const value = parseJson(text);
  if (typeof value === 'object') return givenAnswers(value);
  return /^\s*[[{]\s*['"{[]/.test(text) ? undefined : [{ answer: text }];
};

const inList = (list: readonly unknown[]): readonly GivenAnswer[] | undefined => {
  const entries = list.map((entry) => {
    if (typeof entry !== 'object' || entry === null) return { answer: entry };
    const [name, score] = [ANSWERS, SCORES].map((names) => names.find((one) => one in entry));
    if (name === undefined) return undefined;
    const row = entry as Readonly<Record<string, unknown>>;
    return { answer: row[name], score: score === undefined ? undefined : row[score], isId: IDS.test(name) };
  });
  return entries.every((entry) => entry !== undefined) ? entries : inPairs(list);
};

/** The entries of a map. */
const inPairs = (list: readonly unknown[]): readonly GivenAnswer[] | undefined => {
  const pairs = list as readonly { readonly key: unknown; readonly value: unknown }[];
  const isMap = pairs.every((pair) => pair !== null && typeof pair === 'object' && 'key' in pair && 'value' in pair);
  return isMap ? inScores(Object.fromEntries(pairs.map(({ key, value }) => [key, value]))) : undefined;
};

const inObject = (row: Readonly<Record<string, unknown>>): readonly GivenAnswer[] | undefined => {
  const name = ANSWERS.find((one) => one in row);
  if (name === undefined) return inScores(row);
  const score = SCORES.find((one) => one in row);
  const [answers, scores] = [row[name], score === undefined ? undefined : row[score]];
  if (!Array.isArray(answers)) return inList([row]);
  if (scores !== undefined && !(Array.isArray(scores) && scores.length === answers.length)) return undefined;
  return answers.map((answer, i) => ({ answer, score: scores?.[i], isId: IDS.test(name) }));
};

/** `{"yes": 1, "no": 0.3}`. */
const inScores = (row: Readonly<Record<string, unknown>>): readonly GivenAnswer[] | undefined => {
  const entries = Object.entries(row);
  if (!entries.every(([, score]) => typeof score === 'number')) return undefined;
  return entries.map(([answer, score]) => ({ answer, score }));
};
