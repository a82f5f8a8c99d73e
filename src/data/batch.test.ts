import { describe, expect, it } from 'vitest';
import { UserError } from '../errors.ts';
import { collate, collateAnswers, type EncodedExample, type PreparedImage } from './batch.ts';
import { cutPatches, positionWeights } from './patches.fixture.ts';

const image = (rows: number, columns: number, value: number): PreparedImage => ({
  rows,
  columns,
  pixels: { width: columns * 2, height: rows * 2, data: new Uint8Array(rows * columns * 12).fill(value) },
});

const example = (id: string, words: number[], ...images: PreparedImage[]): EncodedExample => ({
  id,
  words: Int32Array.from(words),
  images,
});

const size = { patch: 2, grid: 3 };

describe('collate', () => {
  const pair = [example('a', [101, 7, 102], image(1, 2, 255)), example('b', [101, 102], image(2, 2, 51))];

  it('pads words to the longest text, with a mask', () => {
    const { words, word_mask } = collate(pair, size);
    expect(words).toEqual({ shape: [2, 3], data: Int32Array.of(101, 7, 102, 101, 102, 0) });
    expect(word_mask).toEqual({ shape: [2, 3], data: Float32Array.of(1, 1, 1, 1, 1, 0) });
  });

  it('pads words to a given length, but never cuts them', () => {
    expect(collate(pair, { ...size, padWordsTo: 40 }).words!.shape).toEqual([2, 40]);
    expect(collate(pair, { ...size, padWordsTo: 2 }).words!.shape).toEqual([2, 3]);
  });

  it('pads patches to the most, with zeros in patches, mask and positions', () => {
    const { patches, patch_mask, patch_positions } = collate(pair, size);
    expect(patches!.shape).toEqual([2, 4, 12]);
    expect(patch_mask).toEqual({ shape: [2, 4], data: Float32Array.of(1, 1, 0, 0, 1, 1, 1, 1) });
    expect(patch_positions!.shape).toEqual([2, 4, 9]);
    expect(patches!.data.slice(0, 48)).toEqual(new Float32Array(48).fill(1, 0, 24));
    expect(patches!.data.slice(48)).toEqual(cutPatches(pair[1]!.images[0]!.pixels, 2).patches);
    expect(patch_positions!.data.slice(0, 18)).toEqual(positionWeights(1, 2, 3));
    expect(patch_positions!.data.slice(18, 36)).toEqual(new Float32Array(18));
    expect(patch_positions!.data.slice(36)).toEqual(positionWeights(2, 2, 3));
  });

  it('gives an example the same numbers whatever stands beside it', () => {
    const alone = collate([pair[0]!], size);
    const beside = collate(pair, size);
    expect(beside.patches!.data.slice(0, 24)).toEqual(alone.patches!.data);
    expect(beside.patch_positions!.data.slice(0, 18)).toEqual(alone.patch_positions!.data);
  });

  it('gives the second picture its own inputs, as long as its own need', () => {
    const two = collate([example('a', [101, 102], image(2, 2, 0), image(1, 1, 255))], size);
    expect(Object.keys(two).sort()).toEqual([
      'patch_mask',
      'patch_mask_2',
      'patch_positions',
      'patch_positions_2',
      'patches',
      'patches_2',
      'word_mask',
      'words',
    ]);
    expect(two.patches!.shape).toEqual([1, 4, 12]);
    expect(two.patches_2).toEqual({ shape: [1, 1, 12], data: new Float32Array(12).fill(1) });
  });

  it('gives pictures together one batch of their own: all first ones, then the second ones that there are', () => {
    const uneven = [
      example('a', [101, 102], image(1, 1, 0), image(2, 2, 51)),
      example('b', [101, 102], image(1, 1, 102)),
      example('c', [101, 102], image(1, 1, 153), image(1, 1, 204)),
    ];
    const { words, patches, patch_mask, ...rest } = collate(uneven, { ...size, pictures: 'together' });
    expect(words!.shape).toEqual([3, 2]);
    expect(patches!.shape).toEqual([5, 4, 12]);
    const shades = [0, 1, 2, 3, 4].map((k) => Math.round((patches!.data[k * 48]! + 1) * 127.5));
    expect(shades).toEqual([0, 102, 153, 51, 204]);
    expect([...patch_mask!.data]).toEqual([1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 1, 1, 1, 0, 0, 0]);
    expect(Object.keys(rest).sort()).toEqual(['patch_positions', 'word_mask']);
  });

  it('keeps at most maxPatches, drawn where random is given', () => {
    const many = [example('a', [101, 102], image(3, 4, 0))];
    expect(collate(many, { ...size, maxPatches: 5 }).patch_positions!.data).toEqual(
      positionWeights(3, 4, 3).slice(0, 45),
    );
    const last = collate(many, { ...size, maxPatches: 1, random: () => 0.999 }).patch_positions!.data;
    expect(last).toEqual(positionWeights(3, 4, 3).slice(99));
  });

  it('names the example whose number of images differs', () => {
    const odd = [pair[0]!, example('b:2', [101, 102], image(1, 1, 0), image(1, 1, 0))];
    expect(() => collate(odd, size)).toThrow(UserError);
    expect(() => collate(odd, size)).toThrow(/^b:2: the number of images differs within a batch: 1 in a, 2 in b:2/);
  });
});

describe('collateAnswers', () => {
  const scored = [
    { id: 'train.jsonl:1', answers: [{ answer: 'no', score: 1 }] },
    {
      id: 'train.jsonl:2',
      answers: [
        { answer: 'yes', score: 0.9 },
        { answer: 'no', score: 0.3 },
      ],
    },
    { id: 'train.jsonl:3', answers: [] },
  ];

  it('puts each score at the place of its answer', () => {
    const targets = collateAnswers(scored, ['yes', 'no']);
    expect(targets).toEqual({ shape: [3, 2], data: Float32Array.of(0, 1, 0.9, 0.3, 0, 0) });
  });

  it('names the example of an answer outside the vocabulary, or ignores it if told to', () => {
    expect(() => collateAnswers(scored, ['no', 'maybe'])).toThrow(UserError);
    expect(() => collateAnswers(scored, ['no', 'maybe'])).toThrow(
      /^train.jsonl:2: the answer "yes" is not among the 2 known \(no, maybe\)/,
    );
    const { data } = collateAnswers(scored, ['no', 'maybe'], { outside: 'ignore' });
    expect(data).toEqual(Float32Array.of(1, 0, 0.3, 0, 0, 0));
  });
});
