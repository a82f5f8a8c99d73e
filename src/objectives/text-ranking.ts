import { mean } from '../engine/functions.ts';
import { logSoftmax, negate, slice } from '../engine/ops.ts';
import type { Tensor } from '../engine/tensor.ts';
import type { Objective } from './objective.ts';

/** Scores of each image's candidate texts, its own first: [batch, 1 + N]. */
export interface CandidateScores {
  readonly scores: Tensor;
}

/**
 * Text ranking: each image must find its own text, which stands first, among N texts of other images.
 *
 *   L = -1/B Σ_b log softmax(z_b)₀        z [batch, 1 + N] → scalar        ViLT code
 */
export const textRanking = (({ scores }: CandidateScores) =>
  negate(mean(slice(logSoftmax(scores), 1, 0, 1)))) satisfies Objective<CandidateScores>;
