import type { Example } from '../data/example.ts';
import { readAnswers, readFolder } from '../data/folder.ts';
import type { Task } from './task.ts';

/**
 * Visual question answering (Goyal et al. 2017): a question about one image, one answer out of a fixed vocabulary.
 * A prediction earns the score of that answer: 1 where there is one right answer, its share where ten people gave theirs.
 */
export const vqa: Task = {
  name: 'vqa',
  images: 1,
  scoring: 'sigmoid',
  read: readFolder,
  answers: readAnswers,
  score: (predicted: string, { answers }: Example) => answers.find(({ answer }) => answer === predicted)?.score ?? 0,
};
