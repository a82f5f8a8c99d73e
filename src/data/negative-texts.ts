import type { Example } from './example.ts';
import { imageName } from './example.ts';

/** Draws of a text that is none of the image's own, before one that may be is taken. */
const DRAWS = 100;

/**
 * Texts that do not belong to an example's image, of any examples of the data set, drawn at random with replacement.
 *
 * ViLT's code draws without looking, so that now and then a false text is true. Of 145,000 captions that is one in
 * thousands; of a small set it would be many, so texts of the same image, and the same words about another, are drawn
 * again.
 */
export const negativeTexts = (
  { images, text }: Example,
  all: readonly Example[],
  { count, random }: { readonly count: number; readonly random: () => number },
): string[] => {
  const own = images.map(imageName).join('\n');
  const draw = (): string => {
    let drawn = all[0]!;
    for (let draws = 0; draws < DRAWS; draws += 1) {
      drawn = all[Math.floor(random() * all.length)]!;
      if (drawn.text !== text && drawn.images.map(imageName).join('\n') !== own) break;
    }
    return drawn.text;
  };
  return Array.from({ length: count }, draw);
};
