import { UserError } from '../../errors.ts';
import { fieldError, type JsonLine, textField } from '../../files/json-lines.ts';
import { type ScoredAnswer, scoredAnswers, scoredLabel } from '../example.ts';

/** The answers of a record. */
export interface RecordAnswers {
  readonly scored: readonly ScoredAnswer[];
  /** The answer of every annotator, where the record holds them one by one. */
  readonly annotators?: readonly string[] | undefined;
}

/** A field that is written: its name and the kind of its values. */
export type WrittenField = readonly [name: string, kind: 'text' | 'texts' | 'numbers'];

/** How the answers of a record are read and written. */
export interface AnswerFormat {
  /** One of `classes`, any answer, or none. */
  readonly kind: 'classes' | 'open' | 'none';
  /** The answers that may be given, in the order of the classifier; absent where any may be. */
  readonly classes?: readonly string[] | undefined;
  /** Fields that belong to the answers, and so do not go to an example's `about`. */
  readonly fields: readonly string[];
  /** Field that some row of a split must have, since a user named it; absent where none is named. */
  readonly required?: string | undefined;
  /** The answers of a row; none where it holds no answer. @throws UserError for a value that is no answer. */
  readonly read: (line: JsonLine) => RecordAnswers;
  /** The answer that a single value means. @throws UserError that begins with `where`, for a value that is none. */
  readonly label: (value: unknown, where: string) => ScoredAnswer[];
  /** The fields of a row from which `read` gives these answers back. */
  readonly write: (answers: readonly ScoredAnswer[]) => Readonly<Record<string, unknown>>;
  /** Names and kinds of the fields that `write` gives. */
  readonly written: readonly WrittenField[];
}

/** Fields of the answers of several annotators. */
const LISTED = ['answers', 'answer_scores'] as const;

/** Fields that hold answers in some data set: none of them is a fact about an example. */
const ANSWER_FIELDS = [...LISTED, 'answer', 'multiple_choice_answer'];

/** The usual names of a field with one label. */
export const LABEL_FIELDS = ['label', 'gold_label', 'answer'];

/** Records without answers: captions. */
export const noAnswers: AnswerFormat = {
  kind: 'none',
  fields: ANSWER_FIELDS,
  read: () => ({ scored: [] }),
  label: () => [],
  write: () => ({}),
  written: [],
};

/** How the answers of a task are written down. */
export interface AnswerOptions {
  /** The answers that may be given; by default any. */
  readonly classes?: readonly string[] | undefined;
  /** Fields that may hold one answer, in the order in which they are looked for. */
  readonly labelFields: readonly string[];
  /** Whether an example may have several answers, each with a score of its own (VQA). */
  readonly several: boolean;
  /** Whether some row must have the first of the fields, since a user named it. */
  readonly isRequired?: boolean | undefined;
}

/**
 * Answers in one field, `label` or whatever it is called, or of several annotators in `answers`: 1, 2, 3 or more alike
 * earn .3, .6, .9 and 1, unless `answer_scores` says otherwise. Classes are matched by name in any case: sets number
 * their labels differently, so a number says nothing.
 */
export const answerFormat = ({ classes, labelFields, several, isRequired = false }: AnswerOptions): AnswerFormat => {
  const label = classes === undefined ? undefined : classLabel(classes);
  const [field] = labelFields as [string];
  return {
    kind: classes === undefined ? 'open' : 'classes',
    classes,
    fields: [...labelFields, ...(isRequired ? LISTED : [...LABEL_FIELDS, ...ANSWER_FIELDS])],
    required: isRequired ? field : undefined,
    read: (line) => readAnswers(line, labelFields, label),
    label: label ?? ((value, where) => scoredLabel(textField({ row: { [field]: value }, where }, field))),
    write: several ? writeSeveral : (answers) => (answers.length === 0 ? {} : { [field]: answers[0]!.answer }),
    written: several
      ? [
          [LISTED[0], 'texts'],
          [LISTED[1], 'numbers'],
        ]
      : [[field, 'text']],
  };
};

type Label = AnswerFormat['label'];

const classLabel = (classes: readonly string[]): Label => {
  const byName = new Map(classes.map((name) => [name.toLowerCase(), name]));
  return (value, where) => {
    const known = byName.get(String(value).trim().toLowerCase());
    if (known !== undefined) return scoredLabel(known);
    const why = /^\d*$/.test(String(value)) ? ', whose meaning differs between sets' : '';
    throw new UserError(`${where}: the label is ${JSON.stringify(value)}${why}: write ${classes.join(', ')}.`);
  };
};

const readAnswers = (line: JsonLine, labelFields: readonly string[], label: Label | undefined): RecordAnswers => {
  const { answers, answer_scores: scores } = line.row;
  if (Array.isArray(answers)) return readSeveral(line, answers, { scores, label });
  const name = labelFields.find((field) => line.row[field] != null);
  if (name === undefined) {
    if (answers == null) return { scored: [] };
    throw fieldError(line, LISTED[0], 'a list of texts');
  }
  if (label) return { scored: label(line.row[name], line.where) };
  return { scored: scoredLabel(textField(line, name)) };
};

const readSeveral = (
  line: JsonLine,
  answers: readonly unknown[],
  { scores, label }: { readonly scores: unknown; readonly label: Label | undefined },
): RecordAnswers => {
  const texts = answers.map((one) => {
    const answer = typeof one === 'object' && one !== null && 'answer' in one ? one.answer : one;
    if (typeof answer !== 'string') throw fieldError(line, LISTED[0], 'a list of texts, or of {"answer": …}');
    return label ? label(answer, line.where)[0]!.answer : answer;
  });
  if (!Array.isArray(scores)) {
    return texts.length > 0 ? { scored: scoredAnswers(texts), annotators: texts } : { scored: [] };
  }
  const isScored =
    scores.length === texts.length && scores.every((score) => typeof score === 'number' && score >= 0 && score <= 1);
  if (!isScored) throw fieldError(line, LISTED[1], `a list of ${texts.length} numbers between 0 and 1`);
  return { scored: texts.map((answer, i) => ({ answer, score: scores[i] as number })) };
};

const writeSeveral: AnswerFormat['write'] = (answers) =>
  answers.length === 0
    ? {}
    : { [LISTED[0]]: answers.map(({ answer }) => answer), [LISTED[1]]: answers.map(({ score }) => score) };
