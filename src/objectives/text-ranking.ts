import { mean } from '../engine/functions.ts';
import { logSoftmax, negate, slice } from '../engine/ops.ts';
import type { Tensor } from '../engine/tensor.ts';

/**
 * Among its own text, which stands first, and N false ones each image must find its own.
 *
 *   L = -1/B Σ_b log softmax(z_b)₀        z [batch, 1 + N] → scalar        ViLT code
 */
export const textRanking = (scores: Tensor): Tensor => negate(mean(slice(logSoftmax(scores), 1, 0, 1)));
