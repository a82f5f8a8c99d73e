import {
  add,
  divide,
  eye,
  gather,
  gelu,
  gemm,
  layerNormalization,
  multiply,
  type Operand,
  reshape,
  sizeAsNumber,
  sum,
} from './ops.ts';
import { axisOf, volume } from './shapes.ts';
import { dropoutMask, type Tensor } from './tensor.ts';

/** Mean over the given axes (default: all), which are removed. */
export const mean = (x: Tensor, axes: readonly number[] = x.shape.map((_, axis) => axis)): Tensor =>
  divide(sum(x, axes), sizeAsNumber(volume(axes.map((axis) => x.shape[axisOf(x.shape, axis)]!))));

/** x², element by element. */
export const square = (x: Tensor): Tensor => multiply(x, x);

/**
 * Rows of x [rows, ...] at int32 indices [...]: the result of `gather`, computed as a product with a one-hot matrix. It
 * suits few large rows: the derivative is a product too, where that of `gather` adds number by number on one thread.
 */
export const gatherByProduct = (x: Tensor, indices: Tensor): Tensor => {
  const [rows, ...rest] = x.shape;
  const oneHot = gather(eye(rows!), indices);
  return reshape(gemm(oneHot, reshape(x, [rows!, volume(rest)])), [...indices.shape, ...rest]);
};

/**
 * Multiplies by the dropout mask of that name, which is fed at every run: 0 with probability `rate`, else 1 / (1 -
 * rate).
 */
export const dropout = (x: Tensor, name: string, rate: number): Tensor =>
  rate === 0 ? x : multiply(x, dropoutMask(name, x.shape, 1 - rate));

/** Weighted sum of scalars. */
export const weightedSum = (terms: readonly (readonly [Operand, Tensor])[]): Tensor =>
  terms.map(([weight, term]) => (weight === 1 ? term : multiply(weight, term))).reduce((a, b) => add(a, b));

export { gelu, layerNormalization };
