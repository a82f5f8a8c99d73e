import { exampleReader } from '../data/formats/open-examples.ts';
import { captions } from '../data/records/captions.ts';
import { scoreOf, type Task } from './task.ts';

/**
 * Image-text retrieval (Flickr30K, COCO): which of all texts belongs to an image, and which of all images to a text. It
 * has no answers, so no classifier: a dual encoder compares vectors, a fusion encoder ranks pairs. Its measures are in
 * `metrics/recall.ts`.
 */
export const retrieval: Task = {
  name: captions.name,
  records: captions,
  images: 1,
  scoring: 'softmax',
  read: exampleReader(captions),
  answers: async () => [],
  score: scoreOf,
};
