import { noAnswers } from './answers.ts';
import { type RecordShape, usualImageFields } from './shape.ts';

/**
 * Images with captions, without answers: what retrieval and pre-training learn from. Its name is that of `--task
 * retrieval`.
 */
export const captions: RecordShape = {
  name: 'retrieval',
  images: 1,
  imageFields: usualImageFields(1),
  textFields: ['caption', 'captions', 'text', 'txt', 'sentences', 'title'],
  severalTexts: true,
  answers: noAnswers,
};
