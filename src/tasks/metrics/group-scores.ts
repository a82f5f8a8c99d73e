import type { Example } from '../../data/example.ts';
import type { Numbers } from '../../engine/numbers.ts';
import { meanOf } from '../task.ts';
import type { Gallery } from './recall.ts';

/**
 * Scores within groups of images whose captions are made of the same words, as Winoground (Thrush et al. 2022) scores
 * its pairs; for each group:
 *
 * - `text of the group`: every image fits its own caption better than any other caption of the group.
 * - `image of the group`: every caption fits its own image better than any other image of the group.
 * - `group`: both.
 * - `text R@1 in the group`: the ratio of its images that one of their own captions fits best of all the group's.
 * - `image R@1 in the group`: the ratio of its captions whose own image fits best.
 *
 * Equal scores are no success. Examples of one group have equal `about.quadruple`; without that there are no scores.
 *
 * @param scores [images, texts], higher is better.
 */
export const groupScores = (scores: Numbers, gallery: Gallery): Readonly<Record<string, readonly number[]>> => {
  const groups = groupsIn(gallery);
  if (groups.length === 0) return {};
  const found = groups.map((group) => comparisonsIn(scores, gallery, group));
  return {
    'text of the group': found.map(({ texts }) => Number(texts.every(isAlways))),
    'image of the group': found.map(({ images }) => Number(images.every(Boolean))),
    group: found.map(({ texts, images }) => Number(texts.every(isAlways) && images.every(Boolean))),
    'text R@1 in the group': found.map(({ texts }) => meanOf(texts.map((own) => Number(own.some(Boolean))))),
    'image R@1 in the group': found.map(({ images }) => meanOf(images.map(Number))),
  };
};

const isAlways = (own: readonly boolean[]): boolean => own.every(Boolean);

/** Comparisons within one group. */
interface Comparisons {
  /** For each image: whether each of its captions fits it better than all captions of other images. */
  readonly texts: readonly (readonly boolean[])[];
  /** For each caption: whether its image fits it better than all other images. */
  readonly images: readonly boolean[];
}

const comparisonsIn = (scores: Numbers, { texts: all, imageOf }: Gallery, { images, texts }: Group): Comparisons => {
  const score = (image: number, text: number): number => scores.data[image * all.length + text]!;
  const best = (image: number, text: number): boolean =>
    texts.every((other) => imageOf[other] === image || score(image, text) > score(image, other));
  return {
    texts: images.map((image) => texts.filter((text) => imageOf[text] === image).map((text) => best(image, text))),
    images: texts.map((text) => {
      const own = imageOf[text]!;
      return images.every((other) => other === own || score(own, text) > score(other, text));
    }),
  };
};

interface Group {
  readonly images: readonly number[];
  readonly texts: readonly number[];
}

/** The images and texts of each group of two images or more. */
const groupsIn = ({ texts, imageOf }: Gallery): Group[] => {
  const groups = new Map<unknown, { readonly images: Set<number>; readonly texts: number[] }>();
  for (const [text, example] of texts.entries()) {
    const name = nameOf(example);
    if (name === undefined) continue;
    const group = groups.get(name) ?? { images: new Set<number>(), texts: [] };
    groups.set(name, group);
    group.images.add(imageOf[text]!);
    group.texts.push(text);
  }
  return [...groups.values()].map(({ images, texts }) => ({ images: [...images], texts })).filter(isComparable);
};

const isComparable = ({ images }: Group): boolean => images.length > 1;

const nameOf = ({ about }: Example): unknown => about?.quadruple;
