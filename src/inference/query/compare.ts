import type { ImageSource } from '../../data/example.ts';
import { UserError } from '../../errors.ts';
import { encodeText } from '../encode-text.ts';
import { aboutOf, type ImageCache } from '../image-cache.ts';
import { checkCompares, type Predictor } from '../predictor.ts';
import type { ImageFilter } from '../store/image-filter.ts';
import { checkStudent } from '../store/manifest.ts';
import { filterImages } from './filter.ts';
import { openRanking, type RankedImage, type RankingOptions, rankedImage } from './ranking.ts';
import { cosines, lengthOf, toUnitLength, unitVectorsOf } from './vectors.ts';

/** An image, and how well it fits what was searched. */
export interface FoundImage extends RankedImage {
  /** Cosine of the angle between both vectors, between -1 and 1. It is no probability. */
  readonly score: number;
}

/** Text that images are searched by, or an image that they should be like. */
export type SearchQuery =
  | string
  | {
      /** Path of a cached image or, where there is none of that name, of a file; or bytes or pixels in memory. */
      readonly like: ImageSource;
    };

/** Options of `search`: which images, how much alike, in what order. `atLeast` and `sort` are of the cosine. */
export interface SearchOptions extends ImageFilter, RankingOptions {
  /** Texts whose vectors are added to that of the query; a student of retrieval has them. */
  readonly and?: readonly string[] | undefined;
  /** Texts whose vectors are subtracted from it. */
  readonly not?: readonly string[] | undefined;
  /** Threads of a model that is not open yet. Default: the processors that this process may use. */
  readonly threads?: number | undefined;
  /** Receives a sentence for each thing to know: a word of the text unknown, images that have no date. */
  readonly onWarning?: ((message: string) => void) | undefined;
  /** Receives the number of images that are done, and of all that are compared. */
  readonly onProgress?: ((done: number, of: number) => void) | undefined;
}

/** Finds the cached images whose features have the smallest angle to a vector of length 1, as `search` does. */
export const searchByVector = async (
  predictor: Predictor,
  images: ImageCache,
  vector: Float32Array,
  options: SearchOptions,
): Promise<FoundImage[]> => {
  const { dates, only: filtered, count: there } = filterImages(images, options);
  const { atLeast = Number.NEGATIVE_INFINITY, onProgress } = options;
  const near = there === images.size ? await nearestFirst(images, vector, options) : undefined;
  const [only, count] = near ? [near, near.length] : [filtered, there];
  const ranking = openRanking(images, dates, options);
  let done = 0;
  for await (const { places, scores } of compareInBlocks(predictor, images, { vector, only })) {
    for (const [i, score] of scores.entries()) {
      if (score < atLeast) continue;
      if (score < ranking.floor) ranking.passOver();
      else ranking.add({ place: places[i]!, score });
    }
    done += places.length;
    onProgress?.(done, count);
  }
  const found = await ranking.finish();
  return found.map(([{ place, score }, near]) => ({ ...rankedImage(images, dates, place, near), score }));
};

/** Most images for which an index is asked, which takes as long as comparing all if they are many. */
const MOST_FROM_INDEX = 500;

/** Places among which the first images are, of a cache that has an index for them; undefined where all are compared. */
const nearestFirst = async (
  images: ImageCache,
  vector: Float32Array,
  { top, sort = 'score', order = 'descending', nearDuplicates }: SearchOptions,
): Promise<Uint32Array | undefined> => {
  const isIndexed = sort !== 'date' && sort !== 'path' && order === 'descending' && nearDuplicates === undefined;
  if (!isIndexed || top === undefined || top > MOST_FROM_INDEX) return undefined;
  // more than are wanted: their order is by the rounded numbers of the index
  return await images.nearest?.(vector, 2 * top);
};

/** A query as a vector of length 1, and the places of the images that it is compared with. */
interface Comparison {
  readonly vector: Float32Array;
  readonly only: Uint32Array | undefined;
}

/** Cosines of some images, [places]. */
interface Compared {
  readonly places: Uint32Array;
  readonly scores: Float64Array;
}

async function* compareInBlocks(
  { config }: Predictor,
  images: ImageCache,
  { vector, only }: Comparison,
): AsyncGenerator<Compared, void, undefined> {
  const { width } = images.about;
  const text = { shape: [1, width], data: vector };
  // what a student of retrieval keeps has length 1 already
  const isUnit = config.purpose.logits === undefined;
  for await (const { places, features } of images.blocks({ only })) {
    const { data } = cosines(features, text);
    const lengthAt = (i: number): number => lengthOf(features.data.subarray(i * width, (i + 1) * width));
    yield { places, scores: isUnit ? Float64Array.from(data) : Float64Array.from(data, (one, i) => one / lengthAt(i)) };
  }
}

/** Options of turning a query into a vector. */
interface VectorOptions extends Pick<SearchOptions, 'and' | 'not' | 'onWarning'> {
  /** Computes the vector, of length 1, of the query's image, which is not cached. */
  readonly likeFile: () => Promise<Float32Array>;
}

/**
 * Vector of a query, of length 1: that of its text or image, with those of further texts added and subtracted.
 *
 * @throws UserError where a text is empty, the cache is another model's, or a student that answers is given texts.
 */
export const vectorOf = async (
  student: Predictor,
  images: ImageCache,
  query: string | { readonly like: unknown },
  { and = [], not = [], onWarning, likeFile }: VectorOptions,
): Promise<Float32Array> => {
  const texts = [...(typeof query === 'string' ? [query] : []), ...and, ...not];
  if (texts.length > 0) checkCompares(student);
  checkStudent(images.folder, images.about, aboutOf(student));
  const sum =
    typeof query === 'string'
      ? new Float32Array(student.width)
      : ((await likeCached(images, query.like)) ?? (await likeFile()));
  for (const [i, text] of texts.entries()) {
    const { data } = await student.textFeatures(encodeText(student, text, { onWarning }));
    const sign = i < texts.length - not.length ? 1 : -1;
    for (let k = 0; k < sum.length; k += 1) sum[k]! += sign * data[k]!;
  }
  if (and.length + not.length > 0) toUnitLength(sum, sum.length);
  if (sum.every((value) => value === 0)) throw new UserError('the texts cancel each other: leave one of them out');
  return sum;
};

/** Vector of a cached image of this path, of length 1; undefined where there is none. */
const likeCached = async (images: ImageCache, like: unknown): Promise<Float32Array | undefined> => {
  if (typeof like !== 'string') return undefined;
  for (let place = 0; place < images.size; place += 1)
    if (images.pathAt(place) === like) return await unitVectorsOf(images, Uint32Array.of(place));
  return undefined;
};
