import { describe, expect, it } from 'vitest';
import { generator, keyOf } from '../engine/random.ts';
import type { Example } from './example.ts';
import { matchingPairs } from './pairs.ts';

const all: Example[] = Array.from({ length: 200 }, (_, i) => ({
  id: `train.jsonl:${i + 1}`,
  images: [`${i}.png`],
  text: `text ${i}`,
  answers: [],
}));

const answerOf = ({ answers }: Example): string => answers[0]!.answer;

describe('pairs for matching', () => {
  it.each([2, 7, 8, 33])('of %i examples keep exactly half of the images', (count) => {
    const random = generator(keyOf(1, 'pairs'));
    for (let i = 0; i < 50; i += 1) {
      const batch = all.slice(i, i + count);
      const pairs = matchingPairs(batch, all, random);
      expect(pairs.map(({ text, id }) => [text, id])).toEqual(batch.map(({ text, id }) => [text, id]));
      const matched = pairs.filter((pair) => answerOf(pair) === 'matched');
      expect(matched).toHaveLength(Math.floor(count / 2));
      for (const { text, images } of matched) expect(images).toEqual([`${text.slice(5)}.png`]);
    }
  });

  it('let each place keep its image as often as any other, and draw the others from the whole data set', () => {
    const random = generator(keyOf(2, 'pairs'));
    const kept = new Array(8).fill(0);
    const drawn = new Set<unknown>();
    for (let i = 0; i < 4000; i += 1) {
      for (const [place, pair] of matchingPairs(all.slice(0, 8), all, random).entries()) {
        if (answerOf(pair) === 'matched') kept[place] += 1;
        else drawn.add(pair.images[0]);
      }
    }
    for (const count of kept) expect(Math.abs(count / 4000 - 0.5)).toBeLessThan(0.04);
    expect(drawn.size).toBe(all.length);
  });
});
