import type { Example } from './example.ts';
import { imageName } from './pictures/image-name.ts';

/** Number of draws after which a text is taken even if it may belong to the image. */
const DRAWS = 100;

/** Options of drawing the negative texts of one example. */
export interface NegativeTextsOptions {
  readonly count: number;
  readonly random: () => number;
  /**
   * Most of them that consist of the words of the example's own text in another order, where the data set has
   * such: "a red star above a blue ring" and "a blue star above a red ring". Default 0.
   */
  readonly sameWords?: number | undefined;
}

/**
 * Draws negative texts for an example's image from those of other examples of a data set. First come those of the same
 * words, each at most once; the others are drawn at random with replacement.
 *
 * ViLT's code does not check them, so that now and then a negative text is true. Of 145,000 captions that is one in
 * thousands; of a small set it would be many, so texts of the same image, and equal texts of another, are drawn again.
 */
export const createNegativeTexts = (
  all: readonly Example[],
): ((example: Example, options: NegativeTextsOptions) => string[]) => {
  let groups: Groups | undefined;
  return (example, { count, random, sameWords = 0 }) => {
    const isOther = isNegativeOf(example);
    const drawn: string[] = [];
    if (sameWords > 0) {
      groups ??= groupsOf(all);
      const alike = new Set((groups.get(wordsOf(example)) ?? []).filter(isOther).map(({ text }) => text));
      drawn.push(...someOf([...alike], Math.min(sameWords, count), random));
    }
    while (drawn.length < count) drawn.push(drawText(all, isOther, random));
    return drawn;
  };
};

/** Examples whose texts consist of the same words, by these. */
type Groups = ReadonlyMap<string, readonly Example[]>;

const groupsOf = (all: readonly Example[]): Groups => {
  const groups = new Map<string, Example[]>();
  for (const example of all) {
    const words = wordsOf(example);
    const group = groups.get(words);
    if (group) group.push(example);
    else groups.set(words, [example]);
  }
  return groups;
};

/** Whether an example's text is another one, of another image. */
const isNegativeOf = ({ images, text }: Example): ((other: Example) => boolean) => {
  const own = images.map(imageName).join('\n');
  return (other) => other.text !== text && other.images.map(imageName).join('\n') !== own;
};

const drawText = (all: readonly Example[], isWanted: (example: Example) => boolean, random: () => number): string => {
  let drawn = all[0]!;
  for (let draws = 0; draws < DRAWS; draws += 1) {
    drawn = all[Math.floor(random() * all.length)]!;
    if (isWanted(drawn)) break;
  }
  return drawn.text;
};

/** For each example the places of all whose texts consist of the same words, its own among them. */
export const groupedByWords = (examples: readonly Example[]): (readonly number[])[] => {
  const groups = new Map<string, number[]>();
  return examples.map((example, place) => {
    const words = wordsOf(example);
    const group = groups.get(words) ?? [];
    groups.set(words, group);
    group.push(place);
    return group;
  });
};

/** The words of a text, sorted: equal for texts that say the same words in another order. */
const wordsOf = ({ text }: Example): string => (text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []).sort().join(' ');

/** At most `count` of the texts, each once. */
const someOf = (texts: readonly string[], count: number, random: () => number): string[] => {
  const left = [...texts];
  return Array.from(
    { length: Math.min(count, left.length) },
    () => left.splice(Math.floor(random() * left.length), 1)[0]!,
  );
};
