import { fieldError, type JsonLine } from '../../files/json-lines.ts';
import { type ScoredAnswer, scoredAnswers, scoredLabel } from '../example.ts';
import { type GivenAnswer, givenAnswers } from './given-answers.ts';
import { classLabel, type Label, openLabel, type Place } from './labels.ts';
import { nestedLines } from './nested.ts';
import { isNoAnswer } from './no-answer.ts';

/** The answers of a record. */
export interface RecordAnswers {
  readonly scored: readonly ScoredAnswer[];
  /** The answer of every annotator, where the record holds them one by one. */
  readonly annotators?: readonly string[] | undefined;
}

/** A field that is written: its name and the kind of its values. */
export type WrittenField = readonly [name: string, kind: 'text' | 'texts' | 'numbers'];

/** Reader and writer of the answers of a record. */
export interface AnswerFormat {
  /** One of `classes`, any answer, or none. */
  readonly kind: 'classes' | 'open' | 'none';
  /** The answers that may be given, in the order of the classifier; absent where any may be. */
  readonly classes?: readonly string[] | undefined;
  /** Fields that belong to the answers, and so do not go to an example's `about`. */
  readonly fields: readonly string[];
  /** Field that some row of a split must have, since a user named it; absent where none is named. */
  readonly required?: string | undefined;
  /** The answers of a row; none where no answer is known. @throws UserError for a value that is not understood. */
  readonly read: (line: JsonLine) => RecordAnswers;
  /**
   * The answer that a single value means; none where it says that no answer is known.
   *
   * @throws UserError that begins with `where`, for a value that is not understood.
   */
  readonly label: (value: unknown, where: string) => ScoredAnswer[];
  /** The fields of a row from which `read` gives these answers back. */
  readonly write: (answers: readonly ScoredAnswer[]) => Readonly<Record<string, unknown>>;
  /** Names and kinds of the fields that `write` gives. */
  readonly written: readonly WrittenField[];
}

/** Field of the answers of several annotators, and field of the scores of its answers. */
const LISTED = 'answers';
const SCORES = 'answer_scores';

/** Fields that may hold the scores of a list of answers, or of a list of labels. */
const SCORE_FIELDS = [SCORES, 'scores', 'weights', 'label_weights', 'answer_weights'];

/** Fields that hold answers in some data set: none of them is a fact about an example. */
const ANSWER_FIELDS = [LISTED, SCORES, 'answer', 'multiple_choice_answer'];

/** The usual names of a field with one label, or with the labels of several annotators. */
export const LABEL_FIELDS = ['label', 'gold_label', 'answer', 'labels', 'multiple_choice_answer'];

/** Fields whose numbers are ids of classes. */
const LABELS = /^(gold_)?labels?$/;

/** Records without answers: captions. */
export const noAnswers: AnswerFormat = {
  kind: 'none',
  fields: ANSWER_FIELDS,
  read: () => ({ scored: [] }),
  label: () => [],
  write: () => ({}),
  written: [],
};

/** Description of how the answers of a task are written down. */
export interface AnswerOptions {
  /** The answers that may be given; by default any. */
  readonly classes?: readonly string[] | undefined;
  /** Fields that may hold answers, in the order in which they are looked for. */
  readonly labelFields: readonly string[];
  /** Whether an example may have several answers, each with a score of its own (VQA). */
  readonly several: boolean;
  /** Whether some row must have the first of the fields, since a user named it. */
  readonly isRequired?: boolean | undefined;
}

/**
 * Answers in one field, `label` or whatever it is called, or of several annotators in `answers`, in every form that
 * `givenAnswers` reads: 1, 2, 3 or more alike earn .3, .6, .9 and 1, unless scores are given. Classes are matched by
 * name in any case: sets number their labels differently, so a number says nothing.
 *
 * Where the row itself has none, those of its annotation count, one level down (`nestedLines`).
 *
 * A value that says that no answer is known (`isNoAnswer`) gives none, unless it is the name of a class or has a score.
 */
export const answerFormat = ({ classes, labelFields, several, isRequired = false }: AnswerOptions): AnswerFormat => {
  const [field] = labelFields as [string];
  const label = classes === undefined ? openLabel : classLabel(classes);
  const isId = (name: string): boolean => !isRequired && LABELS.test(name);
  return {
    kind: classes === undefined ? 'open' : 'classes',
    classes,
    fields: [...labelFields, ...(isRequired ? [LISTED, SCORES] : [...LABEL_FIELDS, ...ANSWER_FIELDS])],
    required: isRequired ? field : undefined,
    read: (line) => {
      for (const one of [line, ...nestedLines(line)]) {
        const read = readAnswers(one, [LISTED, ...labelFields], { label, isId });
        if (read.scored.length > 0) return read;
      }
      return { scored: [] };
    },
    label: (value, where) => label(value, { where, name: field, isId: false }),
    write: (answers) => {
      const [first, ...more] = answers;
      const isPlain = !several && more.length === 0 && first?.score === 1 && !isNoAnswer(first.answer);
      return isPlain ? { [field]: first.answer } : writeSeveral(answers);
    },
    written: [...(several ? [] : [[field, 'text'] as const]), [LISTED, 'texts'], [SCORES, 'numbers']],
  };
};

interface Reading {
  readonly label: Label;
  /** Whether numbers in a field are ids of classes. */
  readonly isId: (name: string) => boolean;
}

/** The answers of the first field that has some. */
const readAnswers = (line: JsonLine, fields: readonly string[], reading: Reading): RecordAnswers => {
  for (const name of fields) {
    const place = { where: line.where, name, isId: reading.isId(name) };
    const value = chosenOf(line.row, name);
    const read = isSingle(value) ? { scored: reading.label(value, place) } : readSeveral(line, place, reading.label);
    if (read.scored.length > 0) return read;
  }
  return { scored: [] };
};

/** The value of a field; where it is the number of one of the row's choices, that choice. */
const chosenOf = (row: JsonLine['row'], name: string): unknown => {
  const [value, choices] = [row[name], row.choices ?? row.options];
  if (typeof value !== 'number' || !Array.isArray(choices) || choices.map(String).includes(String(value))) return value;
  return choices[value] ?? value;
};

/** Whether a value is no list or object of answers, nor JSON of one. */
const isSingle = (value: unknown): boolean =>
  typeof value === 'string' ? !/^\s*[[{]/.test(value) : typeof value !== 'object';

/** Forms in which answers are read, for errors. */
const FORMS = 'a text, a list of texts, or {"answer": […]}, with numbers between 0 and 1 where it has scores';

const readSeveral = (line: JsonLine, place: Place, label: Label): RecordAnswers => {
  const value = line.row[place.name];
  const given = value === null ? [] : givenAnswers(value);
  if (given === undefined) throw fieldError(line, place.name, FORMS);
  const scores = scoresOf(line, place.name, given);
  const answerOf = ({ answer, isId = place.isId }: GivenAnswer): ScoredAnswer[] => label(answer, { ...place, isId });
  if (scores) return { scored: given.flatMap((one, i) => scoredBy(scores[i]!, one.answer, () => answerOf(one))) };
  const texts = given.flatMap((one) => answerOf(one).map(({ answer }) => answer));
  if (given.length === 1) return { scored: texts.flatMap(scoredLabel) };
  return { scored: scoredAnswers(texts), annotators: texts };
};

/** The scores of answers: their own, or those of a field beside them; undefined where there are none. */
const scoresOf = (line: JsonLine, name: string, given: readonly GivenAnswer[]): readonly number[] | undefined => {
  const beside = SCORE_FIELDS.find((field) => Array.isArray(line.row[field]));
  const own = given.some(({ score }) => score !== undefined);
  if (given.length === 0 || (beside === undefined && !own)) return undefined;
  const scores = own || beside === undefined ? given.map(({ score }) => score) : (line.row[beside] as unknown[]);
  const isScore = (score: unknown): score is number => typeof score === 'number' && score >= 0 && score <= 1;
  if (scores.length === given.length && scores.every(isScore)) return scores;
  if (own || beside === undefined) throw fieldError(line, name, FORMS);
  throw fieldError(line, beside, `a list of ${given.length} numbers between 0 and 1`);
};

/** An answer with its score: a text with one is an answer, also an empty text. */
const scoredBy = (score: number, answer: unknown, labelled: () => readonly ScoredAnswer[]): ScoredAnswer[] => {
  const texts = typeof answer === 'string' && isNoAnswer(answer) ? [{ answer, score }] : labelled();
  return texts.map((one) => ({ answer: one.answer, score }));
};

const writeSeveral: AnswerFormat['write'] = (answers) =>
  answers.length === 0
    ? {}
    : { [LISTED]: answers.map(({ answer }) => answer), [SCORES]: answers.map(({ score }) => score) };
