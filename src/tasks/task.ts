import type { Example } from '../data/example.ts';
import type { ReadOptions } from '../data/formats/format.ts';
import type { RecordShape } from '../data/records/shape.ts';
import type { Numbers } from '../engine/numbers.ts';
import type { Goal, Scoring } from '../model/config.ts';

/** The answer that a model gave to an example, and its score. */
export interface Prediction {
  readonly example: Example;
  readonly predicted: string;
  /** From 0 to 1; NaN where the right answers are not known. */
  readonly score: number;
}

/** Options of reading the examples of a split; a task with a `read` of its own may ignore it. */
export type TaskReading = ReadOptions;

/** A goal of training, and how the examples are read that it is learnt from: a `Task`, `retrieval` or `pretraining`. */
export interface Learnable extends Goal {
  /** Shape of its records in any layout; absent where `read` is the task's own. */
  readonly records?: RecordShape | undefined;
  /** Reads the examples of one split. @throws UserError where the split is not there or a line of it is wrong. */
  readonly read: (folder: string, split: string, options?: TaskReading) => Promise<Example[]>;
}

/** Questions with answers: where the examples are, what the answers are, how one is scored. `defineTask` makes one. */
export interface Task extends Learnable {
  /** The score of a prediction, between 0 and 1. */
  readonly score: (predicted: string, example: Example) => number;
  /**
   * Measures that the task's protocol reports beside the mean score, by name: the numbers whose mean each is, between 0
   * and 1, one for each question, statement or whatever it counts. A measure that the examples say too little for is
   * absent.
   */
  readonly measures?: ((judged: readonly Prediction[]) => Readonly<Record<string, readonly number[]>>) | undefined;
}

/** Whether a goal is a task, with answers that can be scored. */
export const isTask = (goal: Learnable): goal is Task => 'score' in goal;

/** Whether the answers to an example are known. */
export const isAnswered = ({ answers }: Pick<Example, 'answers'>): boolean => answers.length > 0;

/** The score of an answer in an example; 0 for one that it does not have. */
export const scoreOf = (predicted: string, { answers }: Pick<Example, 'answers'>): number =>
  answers.find(({ answer }) => answer === predicted)?.score ?? 0;

/** Arithmetic mean; NaN of no values. */
export const meanOf = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** Index of the largest number of each row, the first of equal ones. [rows, columns] → rows indices */
export const bestOf = ({ shape, data }: Numbers): number[] => {
  const [rows, columns] = shape as [number, number];
  return Array.from({ length: rows }, (_, row) => {
    let best = 0;
    for (let i = 1; i < columns; i += 1) if (data[row * columns + i]! > data[row * columns + best]!) best = i;
    return best;
  });
};

/** Probability of one answer: its softmax over the row, or the sigmoid of its logit. `logits` is [rows, answers]. */
export const probabilityOf = (
  { shape, data }: Numbers,
  [row, place]: readonly [number, number],
  scoring: Scoring,
): number => {
  const start = row * shape[1]!;
  const logit = data[start + place]!;
  if (scoring === 'sigmoid') return 1 / (1 + Math.exp(-logit));
  let sum = 0;
  for (let i = 0; i < shape[1]!; i += 1) sum += Math.exp(data[start + i]! - logit);
  return 1 / sum;
};
