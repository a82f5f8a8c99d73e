import { describe, expect, it } from 'vitest';
import { generator, keyOf } from '../engine/random.ts';
import type { Example } from './example.ts';
import { negativeTexts } from './negative-texts.ts';

const example = (image: string, text: string): Example => ({ id: text, images: [image], text, answers: [] });
const all = [example('a', '1'), example('a', '2'), example('b', '3'), example('c', '1'), example('d', '5')];

describe('false texts', () => {
  it('belong to other images and have other words, each drawn about as often', () => {
    const drawn = negativeTexts(all[0]!, all, { count: 4000, random: generator(keyOf(1, 'false')) });
    expect([...new Set(drawn)].sort()).toEqual(['3', '5']);
    expect(Math.abs(drawn.filter((text) => text === '3').length - 2000)).toBeLessThan(160);
  });

  it('are taken as they come where there are no others', () => {
    const same = [example('a', '1'), example('b', '1')];
    expect(negativeTexts(same[0]!, same, { count: 2, random: () => 0 })).toEqual(['1', '1']);
  });
});
