import { gelu, layerNormalization } from '../engine/functions.ts';
import { add, gather, gemm, reshape } from '../engine/ops.ts';
import { volume } from '../engine/shapes.ts';
import { input, type Tensor } from '../engine/tensor.ts';
import { type Activation, activations } from './activations.ts';
import type { Params } from './params.ts';

/**
 * Linear layer, x Wᵀ + b over the last axis: [..., in] → [..., out]. W is [out, in], as PyTorch keeps it.
 *
 * The product does not take b itself: ONNX Runtime's Gemm first fills its result with it, on one thread, and then reads
 * it again. Added afterwards, on all threads, a large layer is 5 % faster.
 */
export const linear = (p: Params, x: Tensor, out: number): Tensor => {
  const width = widthOf(x);
  const weight = p.get('weight', [out, width], 'normal');
  const bias = p.get('bias', [out], 'zeros');
  const rows = reshape(x, [volume(x.shape.slice(0, -1)), width]);
  return add(reshape(gemm(rows, weight, ['as-is', 'transposed']), x.shape.with(-1, out)), bias);
};

/** The outputs of `linear` whose indices are fed as `chosen` [chosen]: [rows, in] → [rows, chosen]. */
export const chosenLinear = (p: Params, x: Tensor, out: number): Tensor => {
  const chosen = input('chosen', ['chosen'], 'int32');
  const weight = gather(p.get('weight', [out, widthOf(x)], 'normal'), chosen);
  return gemm(x, weight, ['as-is', 'transposed'], gather(p.get('bias', [out], 'zeros'), chosen));
};

/** Layer normalization over the last axis, with a learnt scale and shift. */
export const layerNorm = (p: Params, x: Tensor, epsilon: number): Tensor => {
  const width = widthOf(x);
  return layerNormalization(x, p.get('weight', [width], 'ones'), p.get('bias', [width], 'zeros'), epsilon);
};

/** Feed-forward half of a block: W₂ Drop(gelu(W₁ x)), with gelu or another activation. */
export const mlp = (
  p: Params,
  x: Tensor,
  { hidden, activation = 'gelu' }: { readonly hidden: number; readonly activation?: Activation | undefined },
): Tensor => {
  const raised = p.dropout(activations[activation](linear(p.within('fc1'), x, hidden)), 'fc1');
  return p.dropout(linear(p.within('fc2'), raised, widthOf(x)), 'fc2');
};

/** LayerNorm epsilon of heads, PyTorch's default, whatever the encoder has. */
const HEAD_EPSILON = 1e-5;

/**
 * Linear, LayerNorm, GELU, Linear: the one shape of every head and of the interaction f. Its layers are named 0, 1
 * and 3, as nn.Sequential names them.
 */
export const classifier = (p: Params, x: Tensor, [hidden, out]: readonly [number, number]): Tensor =>
  classifierRest(p, linear(p.within('0'), x, hidden), out);

/** Rest of `classifier` after its first linear layer. */
export const classifierRest = (p: Params, raised: Tensor, out: number): Tensor =>
  linear(p.within('3'), classifierHidden(p, raised), out);

/** What the last layer of `classifier` reads, from the result of its first: LayerNorm and GELU. */
export const classifierHidden = (p: Params, raised: Tensor): Tensor =>
  gelu(layerNorm(p.within('1'), raised, HEAD_EPSILON));

/** Size of the last axis. @throws Error where it is not a number. */
export const widthOf = ({ shape }: Tensor): number => {
  const width = shape.at(-1);
  if (typeof width !== 'number') throw new Error(`linear: the last size of [${shape.join(', ')}] must be a number`);
  return width;
};
