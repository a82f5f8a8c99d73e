import { collate, type PreparedImage } from '../../data/batch.ts';
import type { ImageCache } from '../../inference/image-cache.ts';
import type { Predictor } from '../../inference/predictor.ts';
import { searchByVector } from '../../inference/query/search.ts';
import { toUnitLength } from '../../inference/query/vectors.ts';

/** An image, and the cosine of the angle between its features and those of another. */
export interface FoundImage {
  readonly image: string;
  readonly score: number;
}

/** Feeds of images without texts. */
export const imageFeeds = ({ config }: Predictor, images: readonly PreparedImage[]) => {
  const encoded = images.map((image, i) => ({ id: `image ${i + 1}`, words: new Int32Array(0), images: [image] }));
  const { patches, patch_mask, patch_positions } = collate(encoded, config.sizes);
  return { patches: patches!, patch_mask: patch_mask!, patch_positions: patch_positions! };
};

/** The cached images whose features have the smallest angle to those of an image; equally good ones by path. */
export const imagesLike = async (
  predictor: Predictor,
  cache: ImageCache,
  image: PreparedImage,
  top: number,
): Promise<FoundImage[]> => {
  const { data } = await predictor.imageFeatures(imageFeeds(predictor, [image]));
  toUnitLength(data, data.length);
  const found = await searchByVector(predictor, cache, data, { top });
  return found.map(({ image: path, score }) => ({ image: path, score }));
};
