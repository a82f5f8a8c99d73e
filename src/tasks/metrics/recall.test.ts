import { describe, expect, it } from 'vitest';
import type { Example } from '../../data/example.ts';
import { galleryOf, recalls } from './recall.ts';

const example = (image: string, text: string): Example => ({
  id: `${image} ${text}`,
  images: [image],
  text,
  answers: [],
});

/** Scores of images (rows) and texts (columns). */
const matrix = (...rows: number[][]) => ({
  shape: [rows.length, rows[0]!.length],
  data: Float32Array.from(rows.flat()),
});

/** Three images, of which the first has two captions. */
const gallery = { images: [example('a', '1'), example('b', '3'), example('c', '4')], imageOf: [0, 0, 1, 2] };

describe('recall', () => {
  it('is 1 where every image and text stands with its own first', () => {
    const scores = matrix([9, 8, 1, 1], [1, 1, 9, 1], [1, 1, 1, 9]);
    expect(recalls(scores, gallery, [1, 2])).toEqual({ 'text R@1': 1, 'text R@2': 1, 'image R@1': 1, 'image R@2': 1 });
  });

  it('counts an image if any of its captions is among the first, a text if its own image is', () => {
    const scores = matrix([1, 8, 2, 3], [5, 2, 4, 3], [7, 1, 6, 2]);
    const found = recalls(scores, gallery, [1, 2, 3]);
    // a: its second caption first; b: second place; c: third place
    expect(found['text R@1']).toBeCloseTo(1 / 3, 12);
    expect(found['text R@2']).toBeCloseTo(2 / 3, 12);
    expect(found['text R@3']).toBe(1);
    // text 1: a is last of three; text 2: a first; text 3: b second; text 4: c last
    expect(found['image R@1']).toBeCloseTo(1 / 4, 12);
    expect(found['image R@2']).toBeCloseTo(2 / 4, 12);
    expect(found['image R@3']).toBe(1);
  });

  it('of equal scores is the chance that a random order finds a right one', () => {
    const same = recalls(matrix([0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]), gallery, [1, 2, 4]);
    // a has two of four right texts: 1/2, then 1 - (2/4)(1/3); b and c one of four
    expect(same['text R@1']).toBeCloseTo((1 / 2 + 1 / 4 + 1 / 4) / 3, 12);
    expect(same['text R@2']).toBeCloseTo((5 / 6 + 1 / 2 + 1 / 2) / 3, 12);
    expect(same['text R@4']).toBe(1);
    expect(same['image R@1']).toBeCloseTo(1 / 3, 12);
  });

  it('of a tie behind better ones shares the places that are left', () => {
    const one = { images: [example('a', '1'), example('b', '2')], imageOf: [0, 1, 1] };
    const found = recalls(matrix([5, 9, 5], [0, 1, 0]), one, [1, 2, 3]);
    expect(found['text R@1']).toBe(0.5);
    expect(found['text R@2']).toBe(0.75);
    expect(found['text R@3']).toBe(1);
  });

  it('at a depth beyond the gallery finds everything', () => {
    expect(recalls(matrix([1, 2, 3, 4], [4, 3, 2, 1], [1, 1, 1, 1]), gallery, [10])['text R@10']).toBe(1);
  });

  it('refuses a matrix of another size, and scores that are no numbers', () => {
    expect(() => recalls(matrix([1, 2]), gallery)).toThrow('the scores are [1, 2], not [3 images, 4 texts]');
    expect(() => recalls(matrix([Number.NaN, 2, 1, 1], [1, 1, 1, 1], [1, 1, 1, 1]), gallery)).toThrow('score 0');
  });
});

describe('a gallery', () => {
  it('has each image once, and a caption that it has twice once', () => {
    const examples = [example('a', 'x'), example('b', 'x'), example('a', 'x'), example('a', 'y')];
    const { images, texts, imageOf } = galleryOf(examples);
    expect(images.map(({ images: [path] }) => path)).toEqual(['a', 'b']);
    expect(texts.map(({ text }) => text)).toEqual(['x', 'x', 'y']);
    expect(imageOf).toEqual([0, 1, 0]);
  });
});
