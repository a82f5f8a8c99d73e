import type { Example } from '../data/example.ts';
import type { ReadOptions } from '../data/formats/format.ts';
import type { Numbers } from '../engine/numbers.ts';

/**
 * How logits become probabilities, and so which form the losses have: `sigmoid` where several answers may be right
 * (VQA as ViLT trains it), `softmax` where exactly one is.
 */
export type Scoring = 'sigmoid' | 'softmax';

/** What a model said of one example, and what that earned. */
export interface Prediction {
  readonly example: Example;
  readonly predicted: string;
  readonly score: number;
}

/** How a task reads a split; a task of one's own may do without. */
export type TaskReading = ReadOptions;

/** A task is a value: where its examples are, what its answers are, how it is scored. */
export interface Task {
  readonly name: string;
  /** Images of one example. */
  readonly images: 1 | 2;
  readonly scoring: Scoring;
  /** The examples of one split. @throws UserError where the split is not there or a line of it is wrong. */
  readonly read: (folder: string, split: string, options?: TaskReading) => Promise<Example[]>;
  /** Its answers, in the order of the classifier. */
  readonly answers: (folder: string) => Promise<string[]>;
  /** What one prediction earns, between 0 and 1. */
  readonly score: (predicted: string, example: Example) => number;
  /**
   * What the task's protocol reports beside the mean score, by name: the parts whose mean it is, each between 0 and 1,
   * one of each question, statement or whatever it counts. Nothing under a name that the examples do not say enough for.
   */
  readonly measures?: ((judged: readonly Prediction[]) => Readonly<Record<string, readonly number[]>>) | undefined;
}

/** The score where exactly one answer is right; examples may still share it among several. */
export const scoreOf = (predicted: string, { answers }: Pick<Example, 'answers'>): number =>
  answers.find(({ answer }) => answer === predicted)?.score ?? 0;

/** The mean of some numbers. */
export const meanOf = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** The index of the largest number of each row. [rows, columns] -> rows indices; of equals, the first. */
export const bestOf = ({ shape, data }: Numbers): number[] => {
  const [rows, columns] = shape as [number, number];
  return Array.from({ length: rows }, (_, row) => {
    let best = 0;
    for (let i = 1; i < columns; i += 1) if (data[row * columns + i]! > data[row * columns + best]!) best = i;
    return best;
  });
};

/** How sure one answer is, between 0 and 1: its softmax over the row, or the sigmoid of its logit. */
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
