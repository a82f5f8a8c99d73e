import { exampleReader } from '../data/formats/example-reader.ts';
import { captions } from '../data/records/captions.ts';
import { pretrainingPurpose } from '../model/purposes/pretraining.ts';
import { retrievalPurpose } from '../model/purposes/retrieval.ts';
import type { Learnable } from './task.ts';

/**
 * Image-text retrieval (Flickr30K, COCO): which of all texts belongs to an image, and which of all images to a text. It
 * has no answers and so no classifier: a dual encoder compares vectors, a fusion encoder ranks pairs. `scoreRetrieval`
 * and `recalls` measure it.
 */
export const retrieval: Learnable = { ...retrievalPurpose.goal, records: captions, read: exampleReader(captions) };

/**
 * Pre-training on images with captions, before any task. The model answers whether a text belongs to an image;
 * `pretrain` makes the pairs that it is asked about.
 */
export const pretraining: Learnable = { ...pretrainingPurpose.goal, records: captions, read: exampleReader(captions) };
