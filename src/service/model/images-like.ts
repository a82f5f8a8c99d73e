import { collate, type PreparedImage } from '../../data/batch.ts';
import type { ImageCache } from '../../inference/image-cache.ts';
import type { Predictor } from '../../inference/predictor.ts';

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
  const { data: wanted } = await predictor.imageFeatures(imageFeeds(predictor, [image]));
  let found: FoundImage[] = [];
  for await (const { places, features } of cache.blocks()) {
    for (const [i, place] of places.entries()) {
      const vector = features.data.subarray(i * wanted.length, (i + 1) * wanted.length);
      found.push({ image: cache.pathAt(place), score: cosineOf(wanted, vector) });
    }
    found = found.sort(byScore).slice(0, top);
  }
  return found;
};

const byScore = (a: FoundImage, b: FoundImage): number => b.score - a.score || (a.image < b.image ? -1 : 1);

const cosineOf = (a: Float32Array, b: Float32Array): number => {
  let [product, ofA, ofB] = [0, 0, 0];
  for (let i = 0; i < a.length; i += 1) {
    product += a[i]! * b[i]!;
    ofA += a[i]! * a[i]!;
    ofB += b[i]! * b[i]!;
  }
  return product / Math.sqrt(ofA * ofB);
};
