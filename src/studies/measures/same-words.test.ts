import { expect, it } from 'vitest';
import type { ScoredGallery } from '../../data.ts';
import { sameWordsRecalls } from './same-words.ts';

/** Two quadruples of two images each, with the scores of a matrix [images, texts]. */
const galleryOf = (scores: readonly (readonly number[])[]): ScoredGallery => {
  const examples = [1, 1, 2, 2].map((quadruple, i) => ({
    ...{ id: `${i}`, images: [`${i}.png`], text: `text ${i}`, answers: [], about: { quadruple } },
  }));
  return {
    ...{ images: examples, texts: examples, imageOf: [0, 1, 2, 3] },
    scores: { shape: [4, 4], data: Float32Array.from(scores.flat()) },
  };
};

it('compares within a quadruple alone, so that what is true of others, too, is no mistake', () => {
  const gallery = galleryOf([
    [3, 1, 9, 9],
    [1, 3, 9, 9],
    [9, 9, 3, 1],
    [9, 9, 1, 3],
  ]);
  expect(sameWordsRecalls(gallery)).toEqual({ 'text of four': 1, 'image of four': 1 });
});

it('counts texts of an image and images of a text each, and ties by chance', () => {
  const gallery = galleryOf([
    [3, 4, 0, 0],
    [2, 5, 0, 0],
    [0, 0, 1, 1],
    [0, 0, 1, 1],
  ]);
  // texts: image 0 takes the other's, image 1 its own, the tied two by chance
  expect(sameWordsRecalls(gallery)['text of four']).toBe((0 + 1 + 0.5 + 0.5) / 4);
  expect(sameWordsRecalls(gallery)['image of four']).toBe((1 + 1 + 0.5 + 0.5) / 4);
});

it('refuses what is of no quadruple', () => {
  const gallery = galleryOf([[0], [0], [0], [0]].map(() => [0, 0, 0, 0]));
  const texts = gallery.texts.map((text) => ({ ...text, about: undefined }));
  expect(() => sameWordsRecalls({ ...gallery, texts })).toThrow('0: it is of no quadruple');
});
