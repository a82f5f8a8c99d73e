import { type ImageSource, imageName } from '../../data/example.ts';
import { UserError } from '../../errors.ts';
import { encodeImage } from '../encode-image.ts';
import { encodeText } from '../encode-text.ts';
import { aboutOf, type ImageCache } from '../image-cache.ts';
import { type Runnable, withPredictor } from '../opened.ts';
import { checkCompares, cosines, type Predictor } from '../predictor.ts';
import { checkStudent, picturesOf } from '../store/manifest.ts';
import { filterImages, type ImageFilter } from './filter.ts';
import {
  type Candidate,
  checkRanking,
  openRanking,
  type RankedImage,
  type RankingOptions,
  rankedImage,
} from './ranking.ts';
import { lengthOf, toUnitLength, unitVectorsOf } from './vectors.ts';

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

/**
 * Finds the cached images that fit a text, or are like an image. The query is encoded once, and each image costs a dot
 * product. By a text this is image retrieval as `scoreRetrieval` measures it.
 *
 *   await search(retriever, photos, 'a red car at night', { top: 20 });
 *   await search(student, photos, { like: 'holiday/beach.jpg' });   // of a student that answers, too
 *
 * @param student a model, or one that is open (`openPredictor`), to search often.
 * @returns the best first, unless `sort` says otherwise; equally good ones by path.
 * @throws UserError where the text is empty, the cache is another model's, texts are compared by a student that answers,
 *   or an option is out of its range.
 */
export const search = async (
  student: Runnable,
  images: ImageCache,
  query: SearchQuery,
  options: SearchOptions = {},
): Promise<FoundImage[]> => {
  checkRanking(options);
  return await withPredictor(student, options, async (predictor) =>
    searchByVector(predictor, images, await vectorOf(predictor, images, query, options), options),
  );
};

/** Finds the cached images whose features have the smallest angle to a vector of length 1, as `search` does. */
export const searchByVector = async (
  predictor: Predictor,
  images: ImageCache,
  vector: Float32Array,
  options: SearchOptions,
): Promise<FoundImage[]> => {
  const { dates, only, count } = filterImages(images, options);
  const { atLeast = Number.NEGATIVE_INFINITY, onProgress } = options;
  const ranking = openRanking(images, dates, options);
  let done = 0;
  for await (const some of compareInBlocks(predictor, images, { vector, only })) {
    for (const one of some) if (one.score >= atLeast) ranking.add(one);
    done += some.length;
    onProgress?.(done, count);
  }
  const found = await ranking.finish();
  return found.map(([{ place, score }, near]) => ({ ...rankedImage(images, dates, place, near), score }));
};

/** A query as a vector of length 1, and the places of the images that it is compared with. */
interface Comparison {
  readonly vector: Float32Array;
  readonly only: Uint32Array | undefined;
}

async function* compareInBlocks(
  { config }: Predictor,
  images: ImageCache,
  { vector, only }: Comparison,
): AsyncGenerator<Candidate[], void, undefined> {
  const { width } = images.about;
  const text = { shape: [1, width], data: vector };
  // what a student of retrieval keeps has length 1 already
  const isUnit = config.purpose.logits === undefined;
  for await (const { places, features } of images.blocks({ only })) {
    const { data } = cosines(features, text);
    yield Array.from(places, (place, i) => ({
      place,
      score: isUnit ? data[i]! : data[i]! / lengthOf(features.data.subarray(i * width, (i + 1) * width)),
    }));
  }
}

/** Vector of a query, of length 1: that of its text or image, with those of further texts added and subtracted. */
const vectorOf = async (
  student: Predictor,
  images: ImageCache,
  query: SearchQuery,
  { and = [], not = [], onWarning }: SearchOptions,
): Promise<Float32Array> => {
  const texts = [...(typeof query === 'string' ? [query] : []), ...and, ...not];
  if (texts.length > 0) checkCompares(student);
  checkStudent(images.folder, images.about, aboutOf(student));
  const sum =
    typeof query === 'string' ? new Float32Array(student.width) : await likeVector(student, images, query.like);
  for (const [i, text] of texts.entries()) {
    const { data } = await student.textFeatures(encodeText(student, text, { onWarning }));
    const sign = i < texts.length - not.length ? 1 : -1;
    for (let k = 0; k < sum.length; k += 1) sum[k]! += sign * data[k]!;
  }
  if (and.length + not.length > 0) toUnitLength(sum, sum.length);
  if (sum.every((value) => value === 0)) throw new UserError('the texts cancel each other: leave one of them out');
  return sum;
};

/** Vector of an image, of length 1: the cached one of this path or, where there is none, that of a file or of pixels. */
const likeVector = async (student: Predictor, images: ImageCache, like: ImageSource): Promise<Float32Array> => {
  if (typeof like === 'string') {
    for (let place = 0; place < images.size; place += 1)
      if (images.pathAt(place) === like) return await unitVectorsOf(images, Uint32Array.of(place));
  }
  const feeds = await encodeImage(student, like, { pictures: picturesOf(images.about) }).catch((error: unknown) => {
    if (!(error instanceof UserError)) throw error;
    throw new UserError(`${error.message} (${images.folder} has no image ${imageName(like)} either)`, { cause: error });
  });
  const data = Float32Array.from((await student.imageFeatures(feeds)).data);
  toUnitLength(data, data.length);
  return data;
};
