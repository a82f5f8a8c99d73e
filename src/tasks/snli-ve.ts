import { readingOf } from '../data/formats/open-examples.ts';
import { labelled } from './labels.ts';
import { type Prediction, scoreOf, type Task } from './task.ts';

/** In the order of the authors' classifier. Most other sets begin with entailment, so labels are matched by name. */
const answers = ['contradiction', 'entailment', 'neutral'];

/**
 * SNLI-VE (Xie et al. 2019): whether an image entails a hypothesis, contradicts it, or leaves it open. Its head is
 * `ve_classifier`, as in the authors' code. Beside accuracy it measures the confusion matrix, row by row.
 */
export const snliVe: Task = {
  name: 've',
  images: 1,
  scoring: 'softmax',
  read: async (folder, split, options) => labelled(await readingOf('ve')(folder, split, options), answers),
  answers: async () => [...answers],
  score: scoreOf,
  measures: (judged) => confusionOf(judged, answers),
};

/**
 * The confusion matrix of a task with one right answer each: of every example of one answer, 1 or 0 for each answer that
 * it may have been given; the mean of `neutral as entailment` is a share. The rows of answers that no example has are left out.
 */
export const confusionOf = (judged: readonly Prediction[], answers: readonly string[]): Record<string, number[]> =>
  Object.fromEntries(
    answers.flatMap((right) => {
      const row = judged.filter(({ example }) => example.answers[0]?.answer === right);
      if (row.length === 0) return [];
      return answers.map((given): [string, number[]] => [
        `${right} as ${given}`,
        row.map(({ predicted }) => Number(predicted === given)),
      ]);
    }),
  );
