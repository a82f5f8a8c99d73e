import { readingOf } from '../data/formats/open-examples.ts';
import { labelled } from './labels.ts';
import { type Judged, scoreOf, type Task } from './task.ts';

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
  read: async (folder, split) => labelled(await readingOf('ve')(folder, split), answers),
  answers: async () => [...answers],
  score: scoreOf,
  measures: (judged) => confusionOf(judged, answers),
};

/**
 * The confusion matrix of a task with one right answer each: of the examples of one answer, the share that was given
 * another: `neutral as entailment: 0.25`. The rows of answers that no example has are left out.
 */
export const confusionOf = (judged: readonly Judged[], answers: readonly string[]): Record<string, number> =>
  Object.fromEntries(
    answers.flatMap((right) => {
      const row = judged.filter(({ example }) => example.answers[0]?.answer === right);
      if (row.length === 0) return [];
      return answers.map((given) => {
        const share = row.filter(({ predicted }) => predicted === given).length / row.length;
        return [`${right} as ${given}`, share] as const;
      });
    }),
  );
