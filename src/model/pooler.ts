import { reshape, tanh } from '../engine/ops.ts';
import type { Tensor } from '../engine/tensor.ts';
import { linear, widthOf } from './linear.ts';
import type { Params } from './params.ts';

/** Pooled vector, tanh(W x₀ + b) of the first token: [batch, 1, width] → [batch, width]. */
export const pooled = (p: Params, first: Tensor): Tensor => {
  const width = widthOf(first);
  return tanh(linear(p.within('pooler.dense'), reshape(first, [first.shape[0]!, width]), width));
};
