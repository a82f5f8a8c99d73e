import { exampleReader } from '../data/formats/open-examples.ts';
import { captions } from '../data/records/captions.ts';
import { MATCHING } from '../model/purposes/pretraining.ts';
import { scoreOf, type Task } from './task.ts';

/**
 * What is learnt before any task: from images with their captions. As a task it asks whether a text belongs to an image;
 * the examples of a folder, in any layout with images and captions, are pairs without an answer, which `matchingPairs`
 * makes into questions.
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
