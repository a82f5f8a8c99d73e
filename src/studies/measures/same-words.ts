import { foundIn, meanOf, type ScoredGallery } from '../../data.ts';

/** Measures of `sameWordsRecalls`: the right text, or the right image, is the best of its quadruple. */
export const sameWordsNames = ['text of four', 'image of four'] as const;

/**
 * Recall among the four images and captions of each quadruple alone, between 0 and 1: the captions consist of the same
 * words, so only who compares colours and places finds the right one; chance is a quarter. Recall over all is limited
 * by captions that are true of other images, too; this is not. Ties count by chance.
 *
 * @throws Error where an example is of no quadruple.
 */
export const sameWordsRecalls = (gallery: ScoredGallery): Record<string, number> =>
  Object.fromEntries(Object.entries(sameWordsChoices(gallery)).map(([name, found]) => [name, meanOf(found)]));

/** The terms of `sameWordsRecalls`, by the same names: for each image or caption the probability that it chooses rightly. */
export const sameWordsChoices = (gallery: ScoredGallery): Record<(typeof sameWordsNames)[number], number[]> => {
  const quadruples = [...new Set(gallery.texts.map(quadrupleOf))].map((quadruple) => foundAmong(gallery, quadruple));
  return {
    'text of four': quadruples.flatMap((found) => found['text R@1']!),
    'image of four': quadruples.flatMap((found) => found['image R@1']!),
  };
};

const foundAmong = ({ images, texts, imageOf, scores }: ScoredGallery, quadruple: number) => {
  const columns = [...texts.keys()].filter((text) => quadrupleOf(texts[text]!) === quadruple);
  const rows = [...new Set(columns.map((column) => imageOf[column]!))];
  const data = rows.flatMap((row) => columns.map((column) => scores.data[row * texts.length + column]!));
  return foundIn(
    { shape: [rows.length, columns.length], data: Float32Array.from(data) },
    {
      images: rows.map((row) => images[row]!),
      imageOf: columns.map((column) => rows.indexOf(imageOf[column]!)),
    },
    [1],
  );
};

const quadrupleOf = ({ id, about }: ScoredGallery['texts'][number]): number => {
  if (typeof about?.quadruple === 'number') return about.quadruple;
  throw new Error(`${id}: it is of no quadruple`);
};
