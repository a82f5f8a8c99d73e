import { UserError } from '../../errors.ts';
import type { ImageCache } from '../image-cache.ts';
import { dateText, type ImageDates } from './dates.ts';
import { groupNear } from './near-duplicates.ts';
import { openSelection } from './selection.ts';

/** An image that was found. */
export interface Candidate {
  /** Its place in the cache. */
  readonly place: number;
  /** Probability or cosine. */
  readonly score: number;
}

/** In what order images are returned, and which of them. */
export interface RankingOptions {
  /** Number of images to return. Default: all. */
  readonly top?: number | undefined;
  /** Least probability, or cosine of a search, of an image that is returned. Default: any. */
  readonly atLeast?: number | undefined;
  /** Order of the images. Default: by probability, or by the score of a search. Equal ones are in the order of their paths. */
  readonly sort?: 'probability' | 'score' | 'date' | 'path' | undefined;
  /** Default: the most probable first, the newest first, paths from A to Z. */
  readonly order?: 'ascending' | 'descending' | undefined;
  /**
   * Largest cosine distance, 1 - cos, between the vectors of two images that are near-duplicates: all but the first of
   * them are not returned, but named with it. 0 groups only files of the same bytes. Each image is compared with those
   * that are returned, so without `top` the time grows with the square of the images. Default: none are grouped.
   */
  readonly nearDuplicates?: number | undefined;
}

/** An image with what the cache knows of it. */
export interface RankedImage {
  /** Path of the image below the folder that was cached. */
  readonly image: string;
  /** The cache that it is in; only where several are asked as one. */
  readonly cache?: string | undefined;
  /**
   * When it was taken by its EXIF data or, where it does not say, when its file was last changed: a clock time without a
   * zone, `2024-07-14T18:30:00`.
   */
  readonly date: string;
  /** Paths of its near-duplicates among the found images, in their order; only where they are grouped. */
  readonly duplicates?: readonly string[] | undefined;
}

/** A collection of candidates that is held to the first ones of an order. */
export interface Ranking<T extends Candidate> {
  add(candidate: T): void;
  /** Counts a candidate whose score is below `floor`. */
  passOver(): void;
  /** Score below which no candidate is among the first any more. */
  readonly floor: number;
  /** Number of candidates that were added or passed over. */
  readonly count: number;
  /** The first of them in their order, or all where near-duplicates are grouped, which are not looked for. */
  held(): readonly T[];
  /** The first of them in their order, each with its near-duplicates. */
  finish(): Promise<(readonly [T, readonly T[]])[]>;
}

/** @throws UserError where an option is out of its range. */
export const checkRanking = ({ top, atLeast, nearDuplicates }: RankingOptions): void => {
  if (top !== undefined && !(top >= 1)) throw new UserError(`the top ${top} images: ask for at least 1`);
  if (atLeast !== undefined && !(atLeast <= 1))
    throw new UserError(`at least ${atLeast}: probabilities and cosines go up to 1: give one that is not larger`);
  if (nearDuplicates !== undefined && !(nearDuplicates >= 0 && nearDuplicates <= 2))
    throw new UserError(`near-duplicates up to a distance of ${nearDuplicates}: give one from 0 (the same bytes) to 2`);
};

/** Opens a ranking; where near-duplicates are grouped it holds all candidates, otherwise about twice `top`. */
export const openRanking = <T extends Candidate>(
  images: ImageCache,
  dates: ImageDates,
  options: RankingOptions,
): Ranking<T> => {
  const { top = Number.POSITIVE_INFINITY, nearDuplicates } = options;
  const compare = comparison(images, dates, options);
  const held = nearDuplicates === undefined ? top : Number.POSITIVE_INFINITY;
  const selection = openSelection<T>(held, compare);
  const isByScore = options.sort !== 'date' && options.sort !== 'path' && options.order !== 'ascending';
  return {
    add: selection.add,
    passOver: selection.passOver,
    get floor() {
      return (isByScore ? selection.last?.score : undefined) ?? Number.NEGATIVE_INFINITY;
    },
    get count() {
      return selection.count;
    },
    held: selection.sorted,
    finish: async () => {
      const sorted = selection.sorted();
      if (nearDuplicates === undefined) return sorted.map((candidate) => [candidate, []] as const);
      return await groupNear(images, sorted, { distance: nearDuplicates, top });
    },
  };
};

const comparison = (
  { pathAt }: ImageCache,
  { at }: ImageDates,
  { sort = 'probability', order = sort === 'path' ? 'ascending' : 'descending' }: RankingOptions,
): ((a: Candidate, b: Candidate) => number) => {
  const sign = order === 'ascending' ? 1 : -1;
  const byPath = (a: Candidate, b: Candidate): number => {
    if (a.place === b.place) return 0;
    const [one, other] = [pathAt(a.place), pathAt(b.place)];
    // two caches may have images of one path
    if (one === other) return a.place - b.place;
    return one < other ? -1 : 1;
  };
  if (sort === 'path') return (a, b) => sign * byPath(a, b);
  const value = sort === 'date' ? ({ place }: Candidate) => at(place) : ({ score }: Candidate) => score;
  return (a, b) => sign * (value(a) - value(b)) || byPath(a, b);
};

/** A candidate as it is returned. */
export const rankedImage = (
  { pathAt, cacheAt }: ImageCache,
  { at }: ImageDates,
  place: number,
  near: readonly Candidate[] = [],
): RankedImage => ({
  image: pathAt(place),
  ...(cacheAt ? { cache: cacheAt(place) } : {}),
  date: dateText(at(place)),
  ...(near.length > 0 ? { duplicates: near.map((one) => pathAt(one.place)) } : {}),
});
