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

/** The mean over the given axes (all of them by default), which disappear. */
export const mean = (x: Tensor, axes: readonly number[] = x.shape.map((_, axis) => axis)): Tensor =>
  divide(sum(x, axes), sizeAsNumber(volume(axes.map((axis) => x.shape[axisOf(x.shape, axis)]!))));

export const square = (x: Tensor): Tensor => multiply(x, x);

/**
 * Rows of x [rows, ...] at int32 places [...]: what `gather` finds, for few rows that are large. It multiplies by ones and
 * zeros, and so does its derivative; that of `gather` adds number by number, on one thread.
 */
export const gatherFew = (x: Tensor, places: Tensor): Tensor => {
  const [rows, ...rest] = x.shape;
  const chosen = gather(eye(rows!), places);
  return reshape(gemm(chosen, reshape(x, [rows!, volume(rest)])), [...places.shape, ...rest]);
};

/** Zeroes a share of the numbers and scales up the rest; which ones, the mask of that name says at every run. */
export const dropout = (x: Tensor, name: string, rate: number): Tensor =>
  rate === 0 ? x : multiply(x, dropoutMask(name, x.shape, 1 - rate));

/** The sum of scalars, each with its weight. */
export const weightedSum = (terms: readonly (readonly [Operand, Tensor])[]): Tensor =>
  terms.map(([weight, term]) => (weight === 1 ? term : multiply(weight, term))).reduce((a, b) => add(a, b));

/** One axis more, of size 1, at the given place. */
export const unsqueeze = (x: Tensor, axis: number): Tensor => reshape(x, x.shape.toSpliced(axis, 0, 1));

export { gelu, layerNormalization };
