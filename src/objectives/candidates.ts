import { gather, reshape } from '../engine/ops.ts';
import { volume } from '../engine/shapes.ts';
import type { Tensor } from '../engine/tensor.ts';
import type { SharedSimilarity } from './image-text-contrastive.ts';

/**
 * Scores of a batch's matched pairs and of its hard negatives, from one model: the matched pair stands first, in both.
 */
export interface Candidates {
  /** Score of each image's candidate texts, its own first: [batch, 1 + k]. */
  readonly texts: Tensor;
  /** Score of each text's candidate images, its own first: [batch, 1 + k]. */
  readonly images: Tensor;
}

/**
 * Similarities of the candidates.
 *
 * @param similarity of every image and every text of a batch: [batch, batch].
 * @param places of the candidates in it, row after row: int32 [batch, 1 + k].
 */
export const candidatesAt = (similarity: Tensor, places: Candidates): Candidates => {
  const all = reshape(similarity, [volume(similarity.shape)]);
  return { texts: gather(all, places.texts), images: gather(all, places.images) };
};

/**
 * Similarities of the candidates of the images and texts that are here, of those of all processes.
 *
 * @param places in the rows that are here, row after row: texts in those of the images, images in those of the texts.
 */
export const sharedCandidatesAt = ({ images, texts }: SharedSimilarity, places: Candidates): Candidates => {
  const flat = (x: Tensor): Tensor => reshape(x, [volume(x.shape)]);
  return { texts: gather(flat(images), places.texts), images: gather(flat(texts), places.images) };
};
