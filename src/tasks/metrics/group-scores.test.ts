import { describe, expect, it } from 'vitest';
import type { Example } from '../../data/example.ts';
import { groupScores } from './group-scores.ts';
import { galleryOf } from './recall.ts';

const example = (image: string, quadruple?: number): Example => ({
  id: image,
  images: [image],
  text: `of ${image}`,
  answers: [],
  ...(quadruple === undefined ? {} : { about: { quadruple } }),
});
const gallery = galleryOf([example('a', 1), example('b', 1), example('c', 2), example('d', 2), example('e')]);

const matrix = (...rows: number[][]) => ({ shape: [5, 5], data: Float32Array.from(rows.flat()) });

describe('the scores within groups of captions', () => {
  it('want every image before other captions, every caption before other images, of its own group alone', () => {
    const scores = matrix([5, 1, 9, 9, 9], [4, 6, 9, 9, 9], [0, 0, 3, 2, 9], [0, 0, 4, 5, 9], [9, 9, 9, 9, 0]);
    // group 1: a 5 > 1, b 6 > 4; of a's text 5 > 4, of b's 6 > 1. Group 2: c 3 > 2, d 5 > 4; but c's text fits d better
    expect(groupScores(scores, gallery)).toEqual({
      'text of the group': [1, 1],
      'image of the group': [1, 0],
      group: [1, 0],
      'text R@1 in the group': [1, 1],
      'image R@1 in the group': [1, 0.5],
    });
  });

  it('do not take equal scores for a success', () => {
    const same = groupScores(matrix(...Array.from({ length: 5 }, () => [1, 1, 1, 1, 1])), gallery);
    expect(Object.values(same)).toEqual(Array(5).fill([0, 0]));
  });

  it('find an image whose one caption fits best, though its other one does not', () => {
    const twice = galleryOf([example('a', 1), { ...example('a', 1), text: 'again' }, example('b', 1)]);
    const scores = { shape: [2, 3], data: Float32Array.of(5, 1, 3, 2, 2, 4) };
    expect(groupScores(scores, twice)).toMatchObject({
      'text of the group': [0],
      'text R@1 in the group': [1],
      'image R@1 in the group': [2 / 3],
    });
  });

  it('are none where the examples are in no groups', () => {
    expect(groupScores({ shape: [1, 1], data: Float32Array.of(1) }, galleryOf([example('a')]))).toEqual({});
  });
});
