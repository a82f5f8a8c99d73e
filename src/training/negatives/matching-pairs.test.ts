import { describe, expect, it } from 'vitest';
import type { Example } from '../../data/example.ts';
import { generator, keyOf } from '../../engine/random.ts';
import { collatePairs, hardPairs, matchingPairs } from './matching-pairs.ts';

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

describe('pairs as inputs', () => {
  it('name every false text once, and the pair of each text among true and false ones', () => {
    const { matching_images, false_texts, matching_pairs, target } = collatePairs([0, 4, 2, 0]);
    expect(matching_images).toEqual({ shape: [4], data: Int32Array.of(0, 4, 2, 0) });
    expect(false_texts).toEqual({ shape: [2], data: Int32Array.of(1, 3) });
    expect(matching_pairs).toEqual({ shape: [4], data: Int32Array.of(0, 4, 2, 5) });
    expect(target).toEqual({ shape: [4, 2], data: Float32Array.of(0, 1, 1, 0, 0, 1, 1, 0) });
  });

  it('may all be true', () => {
    expect(collatePairs([0, 1]).false_texts).toEqual({ shape: [0], data: new Int32Array(0) });
  });
});

describe('hard pairs', () => {
  const names = ['a', 'b', 'c', 'c', 'd'];
  /** Each image with each text: the first text finds b four times as likely as any other. */
  const scores = new Float32Array(names.length ** 2);
  scores[names.length] = Math.log(4);
  const similarity = { shape: [names.length, names.length], data: scores };
  const random = generator(keyOf(2, 'hard'));
  const drawn = Array.from({ length: 20_000 }, () => hardPairs(similarity, names, random));

  it('keep exactly half, rounded down, and give the others an image of another name', () => {
    const counts = drawn.map((chosen) => chosen.filter((image, text) => image === text).length);
    expect([...new Set(counts)]).toEqual([2]);
    const twins = drawn.flatMap((chosen) =>
      chosen.filter((image, text) => image !== text && names[image] === names[text]),
    );
    expect(twins).toEqual([]);
  });

  it('are drawn in proportion to the softmax of how alike the text finds the images', () => {
    const others = drawn.map(([first]) => first!).filter((image) => image !== 0);
    const shareOf = (image: number): number => others.filter((one) => one === image).length / others.length;
    for (const [image, share] of [0, 4 / 7, 1 / 7, 1 / 7, 1 / 7].entries())
      expect(Math.abs(shareOf(image) - share)).toBeLessThan(0.02);
  });

  it('leave a text its own image where the batch has no other', () => {
    expect(hardPairs({ shape: [3, 3], data: new Float32Array(9) }, ['a', 'a', 'a'], random)).toEqual([0, 1, 2]);
    expect(hardPairs({ shape: [1, 1], data: new Float32Array(1) }, ['a'], random)).toEqual([0]);
  });

  it('are the same for the same random numbers, and survive scores as large as float32 allows', () => {
    const seeded = () => hardPairs(similarity, names, generator(keyOf(5)));
    expect(seeded()).toEqual(seeded());
    const large = { shape: [2, 2], data: Float32Array.of(3e38, -3e38, 3e38, -3e38) };
    expect(hardPairs(large, ['a', 'b'], random).filter((image, text) => image === text)).toHaveLength(1);
  });
});
