import type { Feeds } from '../../data/batch.ts';
import type { Example } from '../../data/example.ts';
import { shuffled } from '../../data/shuffle.ts';
import type { Numbers } from '../../engine/numbers.ts';
import { MATCHING } from '../../model/purposes/pretraining.ts';

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

/** Whether a pair of `matchingPairs` is a true one. */
export const isMatched = ({ answers }: Example): boolean => answers[0]?.answer === MATCHING[1];

/**
 * Draws pairs for matching with hard negatives (Li et al. 2021, ALBEF): a text that does not keep its image gets
 * another one of the batch, drawn in proportion to the softmax of their similarities. Never an image of the same name,
 * which several captions may share; a text keeps its own where the batch has no other.
 *
 * @param similarity [images, texts] of the batch, scaled, the right ones on the diagonal.
 * @param names of the images.
 * @returns the place of each text's image.
 */
export const hardPairs = ({ data }: Numbers, names: readonly string[], random: () => number): number[] => {
  const count = names.length;
  const kept = new Set(shuffled([...names.keys()], random).slice(0, Math.floor(count / 2)));
  return names.map((name, text) => {
    const others = [...names.keys()].filter((image) => names[image] !== name);
    if (kept.has(text) || others.length === 0) return text;
    return drawn(
      others,
      others.map((image) => data[image * count + text]!),
      random,
    );
  });
};

/**
 * Draws pairs for matching from a batch of B texts and their images: M texts are not matched with their own.
 *
 * - `matching_images` int32 [B]: the place of the image that each text is to be matched with
 * - `false_texts` int32 [M]: the places of the texts whose image that is not
 * - `matching_pairs` int32 [B]: the place of each text's pair, among the B true pairs and the M false ones after them
 * - `target` [B, 2]: unmatched, matched
 *
 * @param images the place of each text's image to be matched with; its own stands where the text does.
 */
export const collatePairs = (images: readonly number[]): Feeds => {
  const falseTexts = [...images.keys()].filter((text) => images[text] !== text);
  const pairs = images.map((image, text) => (image === text ? text : images.length + falseTexts.indexOf(text)));
  const column = (places: readonly number[]): Numbers => ({
    shape: [places.length],
    data: Int32Array.from(places),
  });
  return {
    matching_images: column(images),
    false_texts: column(falseTexts),
    matching_pairs: column(pairs),
    target: {
      shape: [images.length, 2],
      data: Float32Array.from(images.flatMap((image, text) => (image === text ? [0, 1] : [1, 0]))),
    },
  };
};

/** One of the places, by the softmax of their scores. */
const drawn = (places: readonly number[], scores: readonly number[], random: () => number): number => {
  const highest = Math.max(...scores);
  const weights = scores.map((score) => Math.exp(score - highest));
  let left = random() * weights.reduce((sum, weight) => sum + weight, 0);
  const at = weights.findIndex((weight) => {
    left -= weight;
    return left < 0;
  });
  // rounding may leave a rest behind the last of them
  return places.at(at)!;
};
