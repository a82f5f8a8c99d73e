import { describe, expect, it } from 'vitest';
import type { Numbers } from '../engine/numbers.ts';
import { generator, keyOf } from '../engine/random.ts';
import { createMask, type MaskingOptions } from './masking.ts';
import { SPECIAL_PIECES } from './tokenizer.ts';

const vocabulary = [...SPECIAL_PIECES, ...Array.from({ length: 60 }, (_, i) => (i % 3 === 2 ? `##p${i}` : `w${i}`))];
const [PAD, CLS, SEP, MASK] = ['[PAD]', '[CLS]', '[SEP]', '[MASK]'].map((piece) => vocabulary.indexOf(piece)) as [
  number,
  number,
  number,
  number,
];

/** Texts of so many pieces between [CLS] and [SEP], padded to the longest; every third piece continues a word. */
const textsOf = (lengths: readonly number[]): { readonly ids: Numbers; readonly mask: Numbers } => {
  const width = Math.max(...lengths) + 2;
  const rows = lengths.map((length) => [
    ...[CLS, ...Array.from({ length }, (_, i) => 5 + (i % 60)), SEP],
    ...Array.from({ length: width - 2 - length }, () => PAD),
  ]);
  const shape = [lengths.length, width];
  const ids = Int32Array.from(rows.flat());
  return {
    ids: { shape, data: ids },
    mask: { shape, data: Float32Array.from(ids, (id) => Number(id !== PAD)) },
  };
};

const maskedOf = (lengths: readonly number[], options: Partial<MaskingOptions> = {}, seed = 0) => {
  const { ids, mask } = textsOf(lengths);
  const random = generator(keyOf(seed, 'masking'));
  const feeds = createMask({ vocabulary, ...options })(ids, mask, random);
  return {
    ids: ids.data,
    width: ids.shape[1]!,
    places: [...feeds.masked_places!.data],
    labels: [...feeds.masked_labels!.data],
    words: feeds.masked_words!.data,
  };
};

const many = (count: number, length: number): number[] => Array.from({ length: count }, () => length);

describe('masking', () => {
  it.each(['words', 'pieces'] as const)('of %s takes 15 % of the pieces, none of them special', (whole) => {
    const { ids, places, labels, words } = maskedOf(many(2000, 38), { whole });
    expect(places.length / (2000 * 38)).toBeGreaterThan(whole === 'words' ? 0.154 : 0.145);
    expect(places.length / (2000 * 38)).toBeLessThan(whole === 'words' ? 0.159 : 0.155);
    expect(labels).toEqual(places.map((at) => ids[at]));
    expect(labels.filter((id) => id < 5)).toEqual([]);
    const kept = [...ids.keys()].filter((at) => !places.includes(at)).slice(0, 100);
    expect(kept.filter((at) => words[at] !== ids[at])).toEqual([]);
  });

  it('makes 80 in 100 of them [MASK], 10 another piece, and leaves 10', () => {
    const { places, labels, words } = maskedOf(many(4000, 38));
    const share = (is: (id: number, label: number) => boolean): number =>
      places.filter((at, i) => is(words[at]!, labels[i]!)).length / places.length;
    expect(Math.abs(share((id) => id === MASK) - (0.8 + 0.1 / vocabulary.length))).toBeLessThan(0.01);
    expect(Math.abs(share((id, label) => id === label) - (0.1 + 0.1 / vocabulary.length))).toBeLessThan(0.01);
    const others = places.map((at) => words[at]!).filter((id, i) => id !== MASK && id !== labels[i]);
    expect(new Set(others).size).toBe(vocabulary.length - 1);
  });

  it('takes every piece of a word or none', () => {
    const { ids, places } = maskedOf(many(300, 38));
    const drawn = new Set(places);
    const continuing = [...ids.keys()].filter((at) => vocabulary[ids[at]!]!.startsWith('##'));
    expect(continuing.length).toBeGreaterThan(3000);
    expect(continuing.filter((at) => drawn.has(at) !== drawn.has(at - 1))).toEqual([]);
  });

  it.each([
    [3, 1],
    [8, 2],
    [18, 3],
    [28, 4],
    [38, 6],
  ])(
    'has a budget for %i pieces of %i, with [CLS] and [SEP] counted and halves rounded to the even side',
    (length, budget) => {
      for (let seed = 0; seed < 20; seed += 1) {
        const { places } = maskedOf([length], {}, seed);
        expect(places.length).toBeLessThanOrEqual(budget);
        expect(places.length).toBeGreaterThanOrEqual(Math.max(1, budget - 1));
      }
    },
  );

  it('counts padding to 40 where it is told to: 6 draws, of which padding has its share', () => {
    const { places } = maskedOf(many(3000, 8), { countPaddingTo: 40 });
    // 8 pieces in 6 words, and 30 pieces of padding
    expect(places.length / 3000 / 6).toBeGreaterThan(0.19);
    expect(places.length / 3000 / 6).toBeLessThan(0.23);
  });

  it('masks one word piece where the draw left none in the whole batch', () => {
    const { places, labels } = maskedOf([4], { whole: 'pieces', share: 0 });
    expect(places).toEqual([1]);
    expect(labels).toEqual([5]);
  });

  it('depends on the random numbers alone', () => {
    expect(maskedOf([20, 7, 11], {}, 4)).toEqual(maskedOf([20, 7, 11], {}, 4));
    expect(maskedOf([20, 7, 11], {}, 4)).not.toEqual(maskedOf([20, 7, 11], {}, 5));
  });
});
