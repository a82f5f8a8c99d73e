import type { Example } from '../../data/example.ts';
import { imageName } from '../../data/pictures/image-name.ts';
import type { Numbers } from '../../engine/numbers.ts';
import { meanOf } from '../task.ts';

/** Images, texts, and which belong together, by their places in the score matrix. */
export interface Gallery {
  /** One example of each image. */
  readonly images: readonly Example[];
  /** One example of each text. */
  readonly texts: readonly Example[];
  /** Place of the image of each text. */
  readonly imageOf: readonly number[];
}

/**
 * The gallery of a split: each image once, and a caption that an image has twice once (as in ViLT's reader). Equal
 * captions of two images are two texts.
 */
export const galleryOf = (examples: readonly Example[]): Gallery => {
  const places = new Map<string, number>();
  const images: Example[] = [];
  const texts: Example[] = [];
  const imageOf: number[] = [];
  const seen = new Set<string>();
  for (const example of examples) {
    const name = example.images.map(imageName).join('\n');
    const place = places.get(name) ?? images.length;
    places.set(name, place);
    if (place === images.length) images.push(example);
    const key = `${place} ${example.text}`;
    if (seen.has(key)) continue;
    seen.add(key);
    texts.push(example);
    imageOf.push(place);
  }
  return { images, texts, imageOf };
};

/** The part of a gallery with its first images and their texts. */
export const firstImages = ({ images, texts, imageOf }: Gallery, count: number): Gallery => ({
  images: images.slice(0, count),
  texts: texts.filter((_, text) => imageOf[text]! < count),
  imageOf: imageOf.filter((image) => image < count),
});

/** Recall at a few depths, each between 0 and 1. */
export type Recalls = Readonly<Record<string, number>>;

/**
 * Recall of image-text retrieval both ways: `text R@k`, the ratio of images of which a caption is among the k best
 * texts, and `image R@k`, the ratio of texts whose image is among the k best.
 *
 * Ties count by chance: where the last of k places is shared by several equal scores, the recall is the probability
 * that a random order among them finds a right one. So neither the order of the files nor a model that gives everything
 * the same score gains by them.
 *
 * @param scores [images, texts], higher is better.
 * @throws Error where the matrix is not of the gallery's size, or a score is not a number.
 */
export const recalls = (
  scores: Numbers,
  { images, imageOf }: Pick<Gallery, 'images' | 'imageOf'>,
  depths: readonly number[] = [1, 5, 10],
): Recalls =>
  Object.fromEntries(
    Object.entries(foundIn(scores, { images, imageOf }, depths)).map(([name, found]) => [name, meanOf(found)]),
  );

/** Mean of text R@1 and image R@1, by which training for retrieval is validated. */
export const meanRecall = (scores: Numbers, gallery: Pick<Gallery, 'images' | 'imageOf'>): number =>
  meanOf(Object.values(recalls(scores, gallery, [1])));

/**
 * The terms of `recalls`, by the same names: for each image or text as query, the probability that it finds a right
 * one.
 */
export const foundIn = (
  scores: Numbers,
  { images, imageOf }: Pick<Gallery, 'images' | 'imageOf'>,
  depths: readonly number[] = [1, 5, 10],
): Readonly<Record<string, readonly number[]>> => {
  const [rows, columns] = [images.length, imageOf.length];
  if (scores.shape[0] !== rows || scores.shape[1] !== columns)
    throw new Error(`recalls: the scores are [${scores.shape.join(', ')}], not [${rows} images, ${columns} texts]`);
  const unclear = scores.data.findIndex((score) => Number.isNaN(score));
  if (unclear >= 0) throw new Error(`recalls: score ${unclear} is not a number`);
  const texts = Array.from({ length: rows }, (_, image) =>
    ranksOf(
      Array.from(scores.data.subarray(image * columns, (image + 1) * columns)),
      (text) => imageOf[text] === image,
    ),
  );
  const found = Array.from({ length: columns }, (_, text) =>
    ranksOf(
      Array.from({ length: rows }, (_, image) => scores.data[image * columns + text]!),
      (image) => imageOf[text] === image,
    ),
  );
  return Object.fromEntries([
    ...depths.map((k) => [`text R@${k}`, texts.map((rank) => chanceWithin(rank, k))] as const),
    ...depths.map((k) => [`image R@${k}`, found.map((rank) => chanceWithin(rank, k))] as const),
  ]);
};

/** Rank of the best right item. */
interface Rank {
  /** Number of items with a better score. */
  readonly better: number;
  /** Number of items with an equal score, itself included, and of the right ones among them. */
  readonly equal: number;
  readonly right: number;
}

const ranksOf = (scores: readonly number[], isRight: (place: number) => boolean): Rank => {
  const best = scores.reduce((most, score, place) => (isRight(place) ? Math.max(most, score) : most), -Infinity);
  let [better, equal, right] = [0, 0, 0];
  for (const [place, score] of scores.entries()) {
    if (score > best) better += 1;
    if (score !== best) continue;
    equal += 1;
    if (isRight(place)) right += 1;
  }
  return { better, equal, right };
};

/**
 * Probability that a right item is in the first k places: 1 - C(wrong, free) / C(equal, free), with the number of
 * places that are free for equal scores.
 */
const chanceWithin = ({ better, equal, right }: Rank, k: number): number => {
  let missed = 1;
  const free = Math.min(Math.max(0, k - better), equal);
  for (let taken = 0; taken < free; taken += 1) missed *= Math.max(0, equal - right - taken) / (equal - taken);
  return 1 - missed;
};
