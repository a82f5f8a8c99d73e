import { mean } from '../engine/functions.ts';
import { eye, multiply, negate, softplus, subtract, sum } from '../engine/ops.ts';
import type { Similarity } from './image-text-contrastive.ts';
import type { Objective } from './objective.ts';

/**
 * Sigmoid contrast: each pair of a batch is judged alone, matched or not, and none competes with another.
 *
 *   L = -1/B Σ_i Σ_j log σ(z_ij · s_ij)        z_ij 1 where i = j, otherwise -1        SigLIP: Zhai et al. 2023
 *
 * similarity [batch, batch], s = t cos + b with both learnt → scalar
 */
export const sigmoidContrast = (({ similarity }: Similarity) => {
  const signs = subtract(multiply(eye(similarity.shape[0]!), 2), 1);
  return mean(sum(softplus(negate(multiply(signs, similarity))), [-1]));
}) satisfies Objective<Similarity>;
