import { openAnswers, readingOf } from '../data/formats/open-examples.ts';
import { officialMeasures } from './metrics/vqa-official.ts';
import { scoreOf, type Task } from './task.ts';

/**
 * Visual question answering (Goyal et al. 2017): a question about one image, one answer out of a fixed vocabulary.
 * A prediction earns the score of that answer: 1 where there is one right answer, its share where ten people gave theirs. Where the data
 * hold what all ten said, it is measured as the VQA server does, too.
 */
export const vqa: Task = {
  name: 'vqa',
  images: 1,
  scoring: 'sigmoid',
  read: readingOf('vqa'),
  answers: (folder) => openAnswers(folder, 'vqa'),
  score: scoreOf,
  measures: officialMeasures,
};
