import type { ImageSource } from '../../data/example.ts';
import { imageName } from '../../data/pictures/image-name.ts';
import { UserError } from '../../errors.ts';
import { encodeImage } from '../encode-image.ts';
import type { ImageCache } from '../image-cache.ts';
import { type Runnable, withPredictor } from '../opened.ts';
import type { Predictor } from '../predictor.ts';
import { picturesOf } from '../store/manifest.ts';
import { type FoundImage, type SearchOptions, type SearchQuery, searchByVector, vectorOf } from './compare.ts';
import { checkRanking } from './ranking.ts';
import { toUnitLength } from './vectors.ts';

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
  return await withPredictor(student, options, async (predictor) => {
    const vector = await vectorOf(predictor, images, query, {
      ...options,
      likeFile: () => likeFile(predictor, images, query),
    });
    return await searchByVector(predictor, images, vector, options);
  });
};

/** Vector of an image that is not cached, of length 1: of a file, or of bytes or pixels in memory. */
const likeFile = async (student: Predictor, images: ImageCache, query: SearchQuery): Promise<Float32Array> => {
  const { like } = query as { readonly like: ImageSource };
  const feeds = await encodeImage(student, like, { pictures: picturesOf(images.about) }).catch((error: unknown) => {
    if (!(error instanceof UserError)) throw error;
    throw new UserError(`${error.message} (${images.folder} has no image ${imageName(like)} either)`, { cause: error });
  });
  const data = Float32Array.from((await student.imageFeatures(feeds)).data);
  toUnitLength(data, data.length);
  return data;
};
