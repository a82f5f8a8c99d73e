import type { Example } from '../data/example.ts';
import { answersOf, exampleReader, type ReadExamples } from '../data/formats/example-reader.ts';
import { answerFormat, LABEL_FIELDS } from '../data/records/answers.ts';
import { type RecordShape, usualImageFields } from '../data/records/shape.ts';
import type { Scoring } from '../model/config.ts';
import { scoreOf, type Task } from './task.ts';

/** The name of a task, and what differs from the defaults. */
export interface TaskDefinition {
  /** Letters, digits, `_` and `-`; a model's head is called by it. */
  readonly name: string;
  /** The answers in the order of the classifier. By default those of `answers.txt`, or of the training examples. */
  readonly answers?: readonly string[] | undefined;
  /** Fields of its records; by default those that data sets use. */
  readonly fields?: TaskFields | undefined;
  /** Number of images of an example; by default 2 where `fields.image` has two names, otherwise 1. */
  readonly images?: 1 | 2 | undefined;
  /** `softmax` (default) where exactly one answer is right, `sigmoid` where several may be. */
  readonly scoring?: Scoring | undefined;
  /** Reads the examples of a split, where they are in no known layout. */
  readonly read?: ReadExamples | undefined;
  /** The score of a prediction, between 0 and 1; by default that of the answer in the example. */
  readonly score?: ((predicted: string, example: Example) => number) | undefined;
  /** Measures beside the mean score, see `Task`. */
  readonly measures?: Task['measures'];
}

/** Names of the fields of a record. Of a list of names the first that a row has counts. */
export interface TaskFields {
  /** The image: its path or its bytes. Two names where an example has two images, or one of a list of two paths. */
  readonly image?: string | readonly [string, string] | undefined;
  readonly text?: string | readonly string[] | undefined;
  /** The answer. A single name must be in some row of every split; a list may be absent, as in a test split. */
  readonly label?: string | readonly string[] | undefined;
}

/** The usual names of the field of a text. */
const TEXT_FIELDS = ['text', 'question', 'caption', 'sentence', 'statement', 'hypothesis', 'txt'];

/**
 * A task whose examples may lie in any layout: JSON lines, CSV, parquet, Arrow, WebDataset.
 *
 * ```ts
 * const memeTone = defineTask({
 *   name: 'meme_tone',
 *   answers: ['sincere', 'ironic', 'hostile'],
 *   fields: { image: 'file', text: 'caption', label: 'tone' },
 * });
 * ```
 *
 * @throws Error for a name with other characters, or answers that differ in case alone.
 */
export const defineTask = (definition: TaskDefinition): Task => {
  const { name, answers, scoring = 'softmax', read, score = scoreOf, measures } = definition;
  check(definition);
  const records = recordsOf(definition);
  return {
    name,
    images: records.images,
    scoring,
    records: read === undefined ? records : undefined,
    read: read ?? exampleReader(records),
    answers: async (folder) => (answers === undefined ? answersOf(folder, records) : [...answers]),
    score,
    measures,
  };
};

const check = ({ name, answers = [] }: TaskDefinition): void => {
  if (!/^\w[\w-]*$/.test(name)) {
    throw new Error(`defineTask: the name ${JSON.stringify(name)} has other characters than letters, digits, _ and -`);
  }
  const lower = answers.map((answer) => answer.toLowerCase());
  const twice = answers.filter((_, i) => lower.indexOf(lower[i]!) !== i);
  if (twice.length > 0) {
    throw new Error(`defineTask: ${name} has ${twice.join(', ')} twice, whatever the case: give each answer once`);
  }
};

const recordsOf = ({ name, answers, fields = {}, scoring, ...rest }: TaskDefinition): RecordShape => {
  const { image, text, label } = fields;
  const { images = typeof image === 'object' ? 2 : 1 } = rest;
  return {
    name,
    images,
    imageFields: image === undefined ? usualImageFields(images) : [namesOf(image)],
    textFields: text === undefined ? TEXT_FIELDS : namesOf(text),
    severalTexts: false,
    answers: answerFormat({
      classes: answers,
      labelFields: label === undefined ? LABEL_FIELDS : namesOf(label),
      several: scoring === 'sigmoid',
      isRequired: typeof label === 'string',
    }),
  };
};

const namesOf = (names: string | readonly string[]): readonly string[] => (typeof names === 'string' ? [names] : names);
