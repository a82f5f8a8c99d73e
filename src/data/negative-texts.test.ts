import { describe, expect, it } from 'vitest';
import { generator, keyOf } from '../engine/random.ts';
import type { Example } from './example.ts';
import { createNegativeTexts } from './negative-texts.ts';

const example = (image: string, text: string): Example => ({ id: text, images: [image], text, answers: [] });
const all = [example('a', '1'), example('a', '2'), example('b', '3'), example('c', '1'), example('d', '5')];

describe('false texts', () => {
  it('belong to other images and have other words, each drawn about as often', () => {
    const drawn = createNegativeTexts(all)(all[0]!, { count: 4000, random: generator(keyOf(1, 'false')) });
    expect([...new Set(drawn)].sort()).toEqual(['3', '5']);
    expect(Math.abs(drawn.filter((text) => text === '3').length - 2000)).toBeLessThan(160);
  });

  it('are taken as they come where there are no others', () => {
    const same = [example('a', '1'), example('b', '1')];
    expect(createNegativeTexts(same)(same[0]!, { count: 2, random: () => 0 })).toEqual(['1', '1']);
  });

  it('of the same words come first, each once, and only as many as wanted and as there are', () => {
    const captions = ['a red star.', 'A star, red', 'star a red', 'a red ring', 'red a star'];
    const some = [...captions.map((text, i) => example(`${i}`, text)), example('0', 'a star red')];
    const draw = (count: number, sameWords: number) =>
      createNegativeTexts(some)(some[0]!, { count, sameWords, random: generator(keyOf(3, 'false')) });
    const alike = ['A star, red', 'star a red', 'red a star'];
    expect(draw(3, 3).sort()).toEqual([...alike].sort());
    expect(new Set(draw(2, 2)).size).toBe(2);
    for (const text of draw(2, 2)) expect(alike).toContain(text);
    expect(draw(6, 9)).toHaveLength(6);
  });
});
