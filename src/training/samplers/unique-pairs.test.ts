import { describe, expect, it } from 'vitest';
import type { Example } from '../../data/example.ts';
import { uniquePairGroups } from './unique-pairs.ts';

const example = (image: string, text: string): Example => ({
  id: `${image} ${text}`,
  images: [image],
  text,
  answers: [],
});

/** Ten images with five captions each; the first caption of all images is the same. */
const captions = Array.from({ length: 10 }, (_, image) =>
  Array.from({ length: 5 }, (_, i) => example(`${image}.png`, i === 0 ? 'a picture' : `caption ${i} of ${image}`)),
).flat();

describe('groups for contrast', () => {
  it('hold no image and no text twice, and are full', () => {
    const groups = [...uniquePairGroups(captions, { groups: 40, size: 8, seed: 3 })];
    expect(groups).toHaveLength(40);
    for (const group of groups) {
      expect(group).toHaveLength(8);
      expect(new Set(group.map(({ images }) => images[0])).size).toBe(8);
      expect(new Set(group.map(({ text }) => text)).size).toBe(8);
    }
  });

  it('show every example about as often as any other, where all images have as many', () => {
    const seen = new Map<string, number>();
    const others = captions.filter(({ text }) => text !== 'a picture');
    for (const group of uniquePairGroups(others, { groups: 50, size: 8, seed: 3 }))
      for (const { id } of group) seen.set(id, (seen.get(id) ?? 0) + 1);
    expect(seen.size).toBe(40);
    expect(Math.max(...seen.values()) - Math.min(...seen.values())).toBeLessThanOrEqual(3);
  });

  it('are the same at every call, and others with another seed', () => {
    const of = (seed: number) => [...uniquePairGroups(captions, { groups: 5, size: 4, seed })];
    expect(of(1)).toEqual(of(1));
    expect(of(1)).not.toEqual(of(2));
  });

  it('are smaller where nothing else fits', () => {
    const two = [example('a', 'x'), example('a', 'y'), example('b', 'x')];
    for (const group of uniquePairGroups(two, { groups: 6, size: 3, seed: 0 })) expect(group.length).toBeLessThan(3);
  });

  it('have those of the same words in another order together, each once an epoch, where that is asked for', () => {
    const quadruples = Array.from({ length: 12 }, (_, i) =>
      ['a b c', 'b a c', 'c b a', 'a c b'].map((words, k) =>
        example(
          `${i}-${k}.png`,
          words.replaceAll(/[a-c]/g, (letter) => `${letter}${i}`),
        ),
      ),
    ).flat();
    const of = (sameWords: number) => [...uniquePairGroups(quadruples, { groups: 6, size: 8, seed: 3, sameWords })];
    const quadruplesIn = (group: readonly Example[]): number =>
      new Set(group.map(({ images }) => String(images[0]).split('-')[0])).size;
    expect(of(3).map(quadruplesIn)).toEqual([2, 2, 2, 2, 2, 2]);
    expect(new Set(of(3).flat()).size).toBe(48);
    for (const group of of(1)) for (let i = 0; i < 8; i += 2) expect(quadruplesIn(group.slice(i, i + 2))).toBe(1);
    expect(Math.max(...of(0).map(quadruplesIn))).toBeGreaterThan(2);
  });
});
