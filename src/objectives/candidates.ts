import { gather, reshape } from '../engine/ops.ts';
import { volume } from '../engine/shapes.ts';
import type { Tensor } from '../engine/tensor.ts';

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
