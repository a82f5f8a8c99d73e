import { collate, type PreparedImage } from '../../data/batch.ts';
import type { Predictor } from '../../inference/predictor.ts';

/** Feeds of images without texts. */
export const imageFeeds = ({ config }: Predictor, images: readonly PreparedImage[]) => {
  const encoded = images.map((image, i) => ({ id: `image ${i + 1}`, words: new Int32Array(0), images: [image] }));
  const { patches, patch_mask, patch_positions } = collate(encoded, config.sizes);
  return { patches: patches!, patch_mask: patch_mask!, patch_positions: patch_positions! };
};
