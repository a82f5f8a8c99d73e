import type { Feeds } from '../../data/batch.ts';
import { collateTexts } from '../../data/batch.ts';
import type { Batch } from '../../data/loader.ts';
import type { Sharing } from '../../data/sharing/sharing.ts';
import type { Numbers } from '../../engine/numbers.ts';
import { counted, UserError } from '../../errors.ts';
import { gatherNumbers, type Processes } from '../../processes/processes.ts';
import { collatePairs } from '../negatives/matching-pairs.ts';
import { fromTo, type Rows, type SharedRows } from './rows.ts';

/** Feeds of the part of a batch that is here, and which rows of the whole they are. */
export interface Part {
  readonly feeds: Feeds;
  readonly rows?: SharedRows | undefined;
}

/**
 * Sharing of batches among processes: each reads the same number of examples of each, in the order of the ranks, but for
 * one more or less. What is read here is handed round on a channel of its own, beside the training.
 */
export const sharingAmong = ({ rank, size, aside }: Processes): Sharing => ({
  rank,
  range: (examples) => {
    if (examples < size) {
      throw new UserError(
        `train: a batch of ${counted(examples, 'example')} is too small for ${size} processes: give a larger one, or fewer processes`,
      );
    }
    return [Math.floor((rank * examples) / size), Math.floor(((rank + 1) * examples) / size)];
  },
  gather: (own) => gatherNumbers(aside, own),
});

/** Numbers of the texts and first images that are here. */
const batchRows = ({ whole, examples }: Pick<Batch, 'whole' | 'examples'>): Rows => ({
  rows: fromTo(whole.from, whole.from + examples.length),
  of: whole.examples.length,
});

/** Rows of a batch that are here, with those of its parts. */
export const rowsOf = (batch: Batch, parts: readonly (Part | undefined)[]): SharedRows =>
  new Map([['batch', batchRows(batch)], ...parts.flatMap((part) => [...(part?.rows ?? [])])]);

/** Ids and mask of all texts of a batch: [texts, words], as long as those that are here. */
export const wholeTexts = ({ whole, feeds }: Batch): { words: Numbers; word_mask: Numbers } =>
  collateTexts(whole.words, feeds.words!.shape[1]!);

/** The masked words that are here, of those of the whole batch. */
export const partOfMask = (feeds: Feeds, { whole: { from }, examples }: Batch): Part => {
  const { masked_words: words, masked_places: places, masked_labels: labels } = feeds as Record<string, Numbers>;
  const length = words!.shape[1]!;
  const [start, end] = [from * length, (from + examples.length) * length];
  const own = [...places!.data.keys()].filter((i) => places!.data[i]! >= start && places!.data[i]! < end);
  const chosen = (all: Numbers, less: number): Numbers => ({
    shape: [own.length],
    data: Int32Array.from(own, (i) => all.data[i]! - less),
  });
  return {
    feeds: {
      masked_words: { shape: [examples.length, length], data: words!.data.slice(start, end) },
      masked_places: chosen(places!, start),
      masked_labels: chosen(labels!, 0),
    },
    rows: new Map([['masked', { rows: own, of: places!.data.length }]]),
  };
};

/** Pairs of the texts that are here, and the images of other texts that they are to be matched with. */
export interface PartOfPairs extends Required<Part> {
  /** Numbers of images, in the whole batch, that must stand behind the first images of the texts that are here. */
  readonly others: readonly number[];
}

/**
 * The pairs of matching that are here, of those of the whole batch.
 *
 * @param images number of the image that each text of the whole batch is to be matched with.
 * @param count number of images of the whole batch.
 */
export const partOfPairs = (
  images: readonly number[],
  { whole: { from }, examples }: Batch,
  count: number,
): PartOfPairs => {
  const texts = fromTo(from, from + examples.length);
  const isHere = (image: number): boolean => image >= from && image < from + examples.length;
  const others = [...new Set(texts.map((text) => images[text]!).filter((image) => !isHere(image)))];
  const placeOf = (image: number): number => (isHere(image) ? image - from : texts.length + others.indexOf(image));
  const falseTexts = [...images.keys()].filter((text) => images[text] !== text);
  const ownFalse = [...falseTexts.keys()].filter((i) => isHere(falseTexts[i]!));
  return {
    others,
    feeds: collatePairs(texts.map((text) => placeOf(images[text]!))),
    rows: new Map([
      ['images', { rows: [...texts, ...others], of: count }],
      ['false', { rows: ownFalse, of: falseTexts.length }],
    ]),
  };
};
