import { exampleReader } from '../data/formats/open-examples.ts';
import { captions } from '../data/records/captions.ts';
import { MATCHING } from '../model/purposes/pretraining.ts';
import { scoreOf, type Task } from './task.ts';

/**
 * Image-text matching on images with captions, as a task: whether a text belongs to an image. The examples of a folder are
 * pairs without an answer, from which `matchingPairs` makes matched and unmatched ones.
 */
export const pretraining: Task = {
  name: 'pretraining',
  images: 1,
  scoring: 'softmax',
  records: captions,
  read: exampleReader(captions),
  answers: async () => [...MATCHING],
  score: scoreOf,
};
