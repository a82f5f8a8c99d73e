import type { Example } from '../data/example.ts';
import type { Numbers } from '../engine/numbers.ts';
import type { Gallery } from './recall.ts';

/**
 * The scores within groups of images whose captions are made of the same words, as Winoground (Thrush et al. 2022)
 * scores its pairs: of each group, 1 or 0.
 *
 * - `text of the group`: every image fits its own caption better than any other caption of the group.
 * - `image of the group`: every caption fits its own image better than any other image of the group.
 * - `group`: both.
 *
 * Equal scores are no success. A group is what the examples' annotations call `quadruple`; nothing where there are none.
 *
 * @param scores [images, texts], higher is better.
 */
export const groupScores = (scores: Numbers, gallery: Gallery): Readonly<Record<string, readonly number[]>> => {
  const groups = groupsIn(gallery);
  if (groups.length === 0) return {};
  const score = (image: number, text: number): number => scores.data[image * gallery.texts.length + text]!;
  const own = (texts: readonly number[]) => (image: number) => texts.filter((text) => gallery.imageOf[text] === image);
  const passed = groups.map(({ images, texts }) => {
    const fits = (better: (image: number, text: number) => boolean): boolean =>
      images.every((image) => own(texts)(image).every((text) => better(image, text)));
    const text = fits((image, text) =>
      texts.every((other) => gallery.imageOf[other] === image || score(image, text) > score(image, other)),
    );
    const image = fits((image, text) =>
      images.every((other) => other === image || score(image, text) > score(other, text)),
    );
    return { text: Number(text), image: Number(image) };
  });
  return {
    'text of the group': passed.map(({ text }) => text),
    'image of the group': passed.map(({ image }) => image),
    group: passed.map(({ text, image }) => text * image),
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
