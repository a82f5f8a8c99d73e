import { defineTask } from './define-task.ts';
import type { Prediction } from './task.ts';

/**
 * The classes in the order of the authors' classifier. Most other sets begin with entailment, so they are matched by
 * name.
 */
const answers = ['contradiction', 'entailment', 'neutral'];

/**
 * SNLI-VE (Xie et al. 2019): whether an image entails a hypothesis, contradicts it, or leaves it open. Its head is
 * `ve_classifier`, as in the authors' code. Beside accuracy it measures the confusion matrix, row by row.
 */
export const snliVe = defineTask({
  name: 've',
  answers,
  fields: { text: ['hypothesis', 'sentence', 'sentence2', 'text', 'question'] },
  measures: (judged) => confusionOf(judged, answers),
});

/**
 * The confusion matrix of a task with one right answer each: for each pair of answers, 1 or 0 for every example of the
 * first, as it was given the second; the mean of `neutral as entailment` is a ratio. Answers that no example has are
 * left out.
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
