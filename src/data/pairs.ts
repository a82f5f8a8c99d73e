import type { Example } from './example.ts';
import { shuffled } from './masking.ts';

/** The answers of matching, in the order of its classifier. */
export const MATCHING = ['unmatched', 'matched'] as const;

/**
 * Texts with images that they may or may not belong to, for image-text matching (ViLT code): exactly half of the batch,
 * rounded down, keep their image; the others get that of any example of the data set, which may by chance be their own.
 * Which half is random.  → the examples in their order, each with one image and `matched` or `unmatched` as its answer
 */
export const matchingPairs = (batch: readonly Example[], all: readonly Example[], random: () => number): Example[] => {
  const half = Math.floor(batch.length / 2);
  const kept = new Set(shuffled([...batch.keys()], random).slice(0, half));
  return batch.map((example, i) => {
    const images = kept.has(i) ? example.images : all[Math.floor(random() * all.length)]!.images;
    return { ...example, images, answers: [{ answer: MATCHING[kept.has(i) ? 1 : 0], score: 1 }] };
  });
};
