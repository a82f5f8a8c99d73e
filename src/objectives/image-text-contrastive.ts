import { add, eye, multiply, transposeLast } from '../engine/ops.ts';
import type { Tensor } from '../engine/tensor.ts';
import { crossEntropy } from './hard-labels.ts';

/**
 * Of all texts of the batch each image must find its own, and each text its image.
 *
 *   L_ITC = ½ (CE of the rows + CE of the columns), the right ones on the diagonal        Wang et al. 2022; VLMo code
 *
 * similarity [batch images, batch texts], scaled → scalar
 */
export const imageTextContrastive = (similarity: Tensor): Tensor =>
  multiply(add(imageToText(similarity), imageToText(transposeLast(similarity))), 0.5);

/** One half of it: each row must find its column. */
export const imageToText = (similarity: Tensor): Tensor => crossEntropy(similarity, eye(similarity.shape[0]!));
