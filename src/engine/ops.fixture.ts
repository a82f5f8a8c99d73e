import { expect } from 'vitest';
import { gradients } from './gradient.ts';
import { countOf, type Numbers } from './numbers.ts';
import { multiply, sum } from './ops.ts';
import { keyOf, uniform } from './random.ts';
import { compile } from './runtime/compile.ts';
import type { Session } from './runtime/session.ts';
import { evaluate, type Shape } from './shapes.ts';
import { input, type Tensor } from './tensor.ts';

/** Reads a tensor at an index. As in broadcasting, the last axes are aligned, and an axis of size 1 has one entry. */
export type At = (...index: readonly number[]) => number;

/** Expected result of an op at one index, by plain arithmetic. */
export type Expected = (index: readonly number[], ...operands: At[]) => number;

export interface CheckOptions {
  /** The values of named sizes. */
  readonly sizes?: Readonly<Record<string, number>> | undefined;
  /** Range from which the operands are drawn. Default -2 to 2. */
  readonly range?: readonly [number, number] | undefined;
  /** float32 for the operators that have no float64 kernel. Default float64. */
  readonly precision?: 'float32' | 'float64' | undefined;
}

/** The step of the central differences, and the errors to accept: in float64 1e-5 is ENGINE's rule, seen are 1e-9. */
const ACCURACY = {
  float64: { step: 1e-4, value: 1e-12, gradient: 1e-5 },
  float32: { step: 1e-2, value: 1e-5, gradient: 5e-3 },
} as const;

/**
 * Holds an op to plain arithmetic at every index of its result, and its derivative, at every number of every operand,
 * to central differences of a weighted sum of the result.
 */
export const check = async (
  shapes: readonly Shape[],
  build: (...operands: Tensor[]) => Tensor,
  expected: Expected,
  { sizes = {}, range = [-2, 2], precision = 'float64' }: CheckOptions = {},
): Promise<void> => {
  const values = new Map(Object.entries(sizes));
  const fixed = (shape: Shape): number[] => shape.map((size) => evaluate(size, values));
  const operands = shapes.map((shape, i) => input(`x${i}`, shape));
  const y = build(...operands);
  const weights = input('weights', y.shape);
  const loss = sum(multiply(y, weights));
  const feeds: Record<string, Numbers> = { weights: drawn('weights', fixed(y.shape), [-1, 1], precision) };
  for (const [i, shape] of shapes.entries()) feeds[`x${i}`] = drawn(`x${i}`, fixed(shape), range, precision);
  const named = [...gradients(loss, new Set(operands))].map(([x, g]) => [operands.indexOf(x), g] as const);
  const outputs = Object.fromEntries(named.map(([i, g]) => [`g${i}`, g]));
  await using session = await compile({ y, loss, ...outputs }, { precision, threads: 1 });
  const results = await session.run(feeds);
  const accuracy = ACCURACY[precision];
  expect(results.y!.shape).toEqual(fixed(y.shape));
  const reads = operands.map((_, i) => reader(feeds[`x${i}`]!));
  eachIndex(results.y!.shape, (index, at) => close(results.y!.data[at]!, expected(index, ...reads), accuracy.value));
  for (const [i] of operands.entries()) {
    const differences = await centralDifferences(session, feeds, `x${i}`, accuracy.step);
    expect(results[`g${i}`]!.shape).toEqual(feeds[`x${i}`]!.shape);
    for (const [at, difference] of differences.entries())
      close(results[`g${i}`]!.data[at]!, difference, accuracy.gradient);
  }
};

const close = (actual: number, expected: number, tolerance: number): void => {
  const error = Math.abs(actual - expected) / Math.max(1, Math.abs(expected));
  if (!(error <= tolerance)) expect.fail(`${actual} is not ${expected}: the relative error is ${error}`);
};

const centralDifferences = async (
  session: Session,
  feeds: Record<string, Numbers>,
  name: string,
  step: number,
): Promise<number[]> => {
  const { data } = feeds[name]!;
  const lossWith = async (at: number, value: number): Promise<number> => {
    const before = data[at]!;
    data[at] = value;
    const { loss } = await session.run(feeds);
    data[at] = before;
    return loss!.data[0]!;
  };
  const differences: number[] = [];
  for (const [at, value] of [...data].entries()) {
    differences.push(((await lossWith(at, value + step)) - (await lossWith(at, value - step))) / (2 * step));
  }
  return differences;
};

/** Uniform numbers, the same at every run. */
export const drawn = (
  name: string,
  shape: readonly number[],
  [low, high]: readonly [number, number],
  precision: 'float32' | 'float64' = 'float32',
): Numbers => {
  const numbers = uniform(keyOf(0, name), new Float32Array(countOf(shape))).map((u) => low + u * (high - low));
  return { shape, data: precision === 'float64' ? Float64Array.from(numbers) : numbers };
};

/** Reads numbers at an index. */
export const reader =
  ({ shape, data }: Numbers): At =>
  (...index) => {
    const aligned = shape.length === 0 ? [] : index.slice(-shape.length);
    return data[shape.reduce((at, size, axis) => at * size + (size === 1 ? 0 : aligned[axis]!), 0)]!;
  };

/** Visits every index of a shape, in the order in which the numbers lie. */
export const eachIndex = (shape: readonly number[], visit: (index: readonly number[], at: number) => void): void => {
  const count = countOf(shape);
  for (let at = 0; at < count; at += 1) {
    let rest = at;
    const index = shape.toReversed().map((size) => {
      const place = rest % size;
      rest = Math.floor(rest / size);
      return place;
    });
    visit(index.reverse(), at);
  }
};

/** f(0) + … + f(count - 1). */
export const total = (count: number, f: (i: number) => number): number => {
  let sum = 0;
  for (let i = 0; i < count; i += 1) sum += f(i);
  return sum;
};

/** The numbers of a tensor that needs no feeds, or these. */
export const valuesOf = async (tensor: Tensor, feeds: Record<string, Numbers> = {}): Promise<number[]> => {
  await using session = await compile({ y: tensor }, { threads: 1 });
  return [...(await session.run(feeds)).y!.data];
};
