import { gelu, layerNormalization } from '../engine/functions.ts';
import { add, exp, gather, gemm, matmul, reshape, subtract } from '../engine/ops.ts';
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

/**
 * Linear layer of rows [rows, in] with b inside the product. It passes over the rows once less, which is faster for a
 * session of one thread, whose second-level cache holds them.
 */
export const linearRows = (p: Params, rows: Tensor, out: number): Tensor =>
  gemm(rows, p.get('weight', [out, widthOf(rows)], 'normal'), ['as-is', 'transposed'], p.get('bias', [out], 'zeros'));

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

/**
 * Odds against one output of `linear` as a softmax has them, the sum of exp(l - l_c) over all others l: its index c is fed
 * as `chosen` [1], and 1 for each other output, 0 for itself, as `others` [out, 1]. [rows, in] → [rows, 1]
 *
 * The probability is 1 / (1 + odds). Its distance from 1 is not lost as in a softmax of float32: of a million images many
 * are as good as sure, and still have an order.
 */
export const oddsAgainst = (p: Params, x: Tensor, out: number): Tensor => {
  const chosen = input('chosen', [1], 'int32');
  const [weight, bias] = [p.get('weight', [out, widthOf(x)], 'normal'), p.get('bias', [out], 'zeros')];
  const apart = [subtract(weight, gather(weight, chosen)), subtract(bias, gather(bias, chosen))] as const;
  return matmul(exp(gemm(x, apart[0], ['as-is', 'transposed'], apart[1])), input('others', [out, 1]));
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

/** Input of the last layer of `classifier`, from the output of its first: LayerNorm and GELU. */
export const classifierHidden = (p: Params, raised: Tensor): Tensor =>
  gelu(layerNorm(p.within('1'), raised, HEAD_EPSILON));

/** Size of the last axis. @throws Error where it is not a number. */
export const widthOf = ({ shape }: Tensor): number => {
  const width = shape.at(-1);
  if (typeof width !== 'number') throw new Error(`linear: the last size of [${shape.join(', ')}] must be a number`);
  return width;
};
