import { defineTask } from './define-task.ts';
import { officialMeasures } from './metrics/vqa-official.ts';

/**
 * Visual question answering (Goyal et al. 2017): a question about one image, one answer out of a fixed vocabulary. A
 * prediction earns the score of that answer: 1 where there is one right answer, less where ten people gave theirs.
 * Where the data hold the answers of all ten, it is measured as the VQA server does, too.
 */
export const vqa = defineTask({
  name: 'vqa',
  scoring: 'sigmoid',
  fields: {
    text: ['question', 'text'],
    label: ['answer', 'multiple_choice_answer', 'label', 'labels', 'direct_answers'],
  },
  measures: officialMeasures,
});
