import type { Example } from './example.ts';
import { imageName } from './example.ts';

/** Number of draws after which a text is taken even if it may belong to the image. */
const DRAWS = 100;

/**
 * Draws negative texts for an example's image: those of other examples of the data set, at random with replacement.
 *
 * ViLT's code does not check them, so that now and then a negative text is true. Of 145,000 captions that is one in
 * thousands; of a small set it would be many, so texts of the same image, and equal texts of another, are drawn again.
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
