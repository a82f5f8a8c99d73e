import { mean } from '../engine/functions.ts';
import { eye, multiply, negate, softplus, subtract, sum } from '../engine/ops.ts';
import type { Tensor } from '../engine/tensor.ts';
import type { SharedSimilarity, Similarity } from './image-text-contrastive.ts';
import type { Objective } from './objective.ts';

/**
 * Sigmoid contrast: each pair of a batch is judged alone, matched or not, and none competes with another.
 *
 *   L = -1/B Σ_i Σ_j log σ(z_ij · s_ij)        z_ij 1 where i = j, otherwise -1        SigLIP: Zhai et al. 2023
 *
 * similarity [batch, batch], s = t cos + b with both learnt → scalar
 */
export const sigmoidContrast = (({ similarity }: Similarity) =>
  judged(similarity, eye(similarity.shape[0]!))) satisfies Objective<Similarity>;

/** Sigmoid contrast of the images that are here with the texts of all. → scalar, the mean over these images */
export const sharedSigmoid = ({ images, matched }: SharedSimilarity): Tensor => judged(images, matched);

const judged = (similarity: Tensor, matched: Tensor): Tensor => {
  const signs = subtract(multiply(matched, 2), 1);
  return mean(sum(softplus(negate(multiply(signs, similarity))), [-1]));
};
