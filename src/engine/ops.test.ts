// biome-ignore-all format: a line an op
import { describe, expect, it } from 'vitest';
import { dropout, gatherByProduct, gelu, mean, square, weightedSum } from './functions.ts';
import { gradients } from './gradient.ts';
import type { Numbers } from './numbers.ts';
import { type At, check, drawn, total, valuesOf } from './ops.fixture.ts';
import * as op from './ops.ts';
import { compile } from './runtime/compile.ts';
import { constant, input } from './tensor.ts';

const integers = (shape: readonly number[], ...values: number[]): Numbers => ({ shape, data: Int32Array.from(values) });
const positive = { range: [0.5, 2] } as const;
/** ONNX Runtime has no float64 kernel for these: float32 against central differences of step 0.01, within 5e-3. */
const float32 = { precision: 'float32' } as const;

/** The error function by its Maclaurin series, which has converged for |x| <= 3. */
const erf = (x: number): number => {
  let [term, sum] = [x, x];
  for (let n = 1; n < 60; n += 1) {
    term *= -(x * x) / n;
    sum += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
};

describe('element by element, value and derivative', () => {
  it('add', () => check([[2, 3], [2, 3]], op.add, (i, a, b) => a(...i) + b(...i)));
  it('add, the left one broadcast', () => check([[3], [2, 3]], op.add, (i, a, b) => a(...i) + b(...i)));
  it('add, the right one broadcast', () => check([[2, 3], [2, 1]], op.add, (i, a, b) => a(...i) + b(...i)));
  it('add, both broadcast', () => check([[2, 1, 3], [4, 1]], op.add, (i, a, b) => a(...i) + b(...i)));
  it('add, a scalar', () => check([[2, 3], []], op.add, (i, a, b) => a(...i) + b()));
  it('add, a number', () => check([[2, 3]], (a) => op.add(5, a), (i, a) => 5 + a(...i)));
  it('add, named sizes', () => check([['n', 3], ['n', 1]], op.add, (i, a, b) => a(...i) + b(...i), { sizes: { n: 2 } }));
  it('add, a named size against 1', () => check([['n', 3], [1, 3]], op.add, (i, a, b) => a(...i) + b(...i), { sizes: { n: 2 } }));
  it('subtract', () => check([[2, 3], [3]], op.subtract, (i, a, b) => a(...i) - b(...i)));
  it('subtract, from a number', () => check([[2, 3]], (a) => op.subtract(1, a), (i, a) => 1 - a(...i)));
  it('multiply', () => check([[2, 1], [2, 3]], op.multiply, (i, a, b) => a(...i) * b(...i)));
  it('multiply, by itself', () => check([[2, 3]], (a) => op.multiply(a, a), (i, a) => a(...i) ** 2));
  it('divide', () => check([[2, 3], [3]], op.divide, (i, a, b) => a(...i) / b(...i), positive));
  it('divide, the left one broadcast', () => check([[3], [2, 3]], op.divide, (i, a, b) => a(...i) / b(...i), positive));
  it('divide, a number', () => check([[2, 3]], (a) => op.divide(2, a), (i, a) => 2 / a(...i), positive));
  it('negate', () => check([[2, 3]], op.negate, (i, a) => -a(...i)));
  it('exp', () => check([[2, 3]], op.exp, (i, a) => Math.exp(a(...i))));
  it('log', () => check([[2, 3]], op.log, (i, a) => Math.log(a(...i)), positive));
  it('sqrt', () => check([[2, 3]], op.sqrt, (i, a) => Math.sqrt(a(...i)), positive));
  it('tanh', () => check([[2, 3]], op.tanh, (i, a) => Math.tanh(a(...i))));
  it('sigmoid', () => check([[2, 3]], op.sigmoid, (i, a) => 1 / (1 + Math.exp(-a(...i)))));
  it('softplus', () => check([[2, 3]], op.softplus, (i, a) => Math.log1p(Math.exp(a(...i))), float32));
  it('relu', () => check([[3, 4]], op.relu, (i, a) => Math.max(0, a(...i))));
  it('erf', () => check([[2, 3]], op.erf, (i, a) => erf(a(...i)), float32));

  it('isPositive', async () => {
    const x = constant({ shape: [4], data: Float32Array.of(-2, -0, 0, 1e-30) });
    expect(await valuesOf(op.isPositive(x))).toEqual([0, 0, 0, 1]);
  });

  it('softplus of large numbers is neither infinite nor lost', async () =>
    expect(await valuesOf(op.softplus(constant({ shape: [2], data: Float32Array.of(-200, 200) })))).toEqual([0, 200]));

  it('relu has the derivative 0 at 0', async () => {
    const x = input('x', [1]);
    const g = gradients(op.sum(op.relu(x)), new Set([x])).get(x)!;
    expect(await valuesOf(g, { x: { shape: [1], data: Float32Array.of(0) } })).toEqual([0]);
  });
});

describe('stopGradient', () => {
  it('is the same numbers', () => check([[3], [3]], (a, b) => op.add(a, op.multiply(b, 2)), (i, a, b) => a(...i) + 2 * b(...i)));

  it('lets no gradient through', async () => {
    const x = input('x', [2]);
    const g = gradients(op.sum(op.multiply(x, op.stopGradient(x))), new Set([x])).get(x)!;
    expect(await valuesOf(g, { x: { shape: [2], data: Float32Array.of(3, 4) } })).toEqual([3, 4]); // not 6 and 8
  });
});

const product =
  (inner: number) =>
  (i: readonly number[], a: At, b: At): number =>
    total(inner, (k) => a(...i.slice(0, -1), k) * b(...i.slice(0, -2), k, i.at(-1)!));

describe('matrix products, value and derivative', () => {
  it('matmul', () => check([[2, 4], [4, 3]], op.matmul, product(4)));
  it('matmul, batched', () => check([[2, 2, 4], [2, 4, 3]], op.matmul, product(4)));
  it('matmul, the right one for every batch', () => check([[2, 3, 2], [2, 4]], op.matmul, product(2)));
  it('matmul, the left one for every batch', () => check([[3, 2], [2, 2, 4]], op.matmul, product(2)));
  it('matmul, both broadcast', () => check([[2, 1, 2, 3], [3, 3, 2]], op.matmul, product(3)));
  it('matmul, named sizes', () => check([['b', 'n', 4], ['b', 4, 'm']], op.matmul, product(4), { sizes: { b: 2, n: 3, m: 2 } }));

  it('gemm', () => check([[2, 4], [4, 3]], (a, b) => op.gemm(a, b), product(4)));
  it('gemm + c', () =>
    check([[2, 4], [4, 3], [3]], (a, b, c) => op.gemm(a, b, ['as-is', 'as-is'], c), (i, a, b, c) => product(4)(i, a, b) + c(...i)));

  for (const left of ['as-is', 'transposed'] as const) {
    for (const right of ['as-is', 'transposed'] as const) {
      const a = left === 'as-is' ? [2, 4] : [4, 2];
      const b = right === 'as-is' ? [4, 3] : [3, 4];
      const turned = (x: At, side: op.Side): At => (side === 'as-is' ? x : (i, j) => x(j!, i!));
      const seen = (i: readonly number[], x: At, y: At) => product(4)(i, turned(x, left), turned(y, right));
      it(`gemm, ${left} · ${right}`, () => check([a, b], (x, y) => op.gemm(x, y, [left, right]), seen));
      it(`gemm, ${left} · ${right} + c`, () =>
        check([a, b, [3]], (x, y, c) => op.gemm(x, y, [left, right], c), (i, x, y, c) => seen(i, x, y) + c(...i)));
    }
  }
});

describe('the same numbers, otherwise arranged, with their derivatives', () => {
  const sizes = { n: 2, m: 3 };
  it('transpose', () => check([[2, 3, 4]], (x) => op.transpose(x, [2, 0, 1]), ([i, j, k], x) => x(j!, k!, i!)));
  it('transpose, axes from the end', () => check([[2, 3, 4]], (x) => op.transpose(x, [-1, 0, -2]), ([i, j, k], x) => x(j!, k!, i!)));
  it('transposeLast', () => check([[2, 3, 4]], op.transposeLast, ([i, j, k], x) => x(i!, k!, j!)));
  it('reshape', () =>
    check([[2, 6]], (x) => op.reshape(x, [3, 2, 2]),
      ([i, j, k], x) => x(Math.floor((4 * i! + 2 * j! + k!) / 6), (4 * i! + 2 * j! + k!) % 6)));
  it('reshape, named sizes', () =>
    check([['n', 'm', 2]], (x) => op.reshape(x, ['m*n', 2]), ([i, j], x) => x(Math.floor(i! / 3), i! % 3, j!), { sizes }));
  it('expand', () => check([[2, 1]], (x) => op.expand(x, [4, 2, 3]), (i, x) => x(...i)));
  it('expand, named sizes', () =>
    check([[1, 2], ['n', 1]], (x, like) => op.add(op.expand(x, ['n', 2]), like), (i, x, like) => x(...i) + like(...i), { sizes }));
  it('concat', () => check([[2, 3], [1, 3]], (a, b) => op.concat([a, b], 0), ([i, j], a, b) => (i! < 2 ? a(i!, j!) : b(i! - 2, j!))));
  it('concat, a tensor with itself', () => check([[2, 2]], (a) => op.concat([a, a], 1), ([i, j], a) => a(i!, j! % 2)));
  it('concat, a named axis', () =>
    check([[2, 'n'], [2, 1], [2, 'm']], (...parts) => op.concat(parts, -1),
      ([i, j], a, b, c) => (j! < 2 ? a(i!, j!) : j! < 3 ? b(i!, 0) : c(i!, j! - 3)), { sizes }));
  it('slice', () => check([[2, 5]], (x) => op.slice(x, 1, 1, 4), ([i, j], x) => x(i!, j! + 1)));
  it('slice, a named axis', () =>
    check([['m+n', 2], ['n'], ['m']], (x, n, m) => op.add(op.add(op.slice(x, 0, 'n', 'm+n'), op.sum(n)), op.sum(m)),
      ([i, j], x, n, m) => x(i! + 2, j!) + n(0) + n(1) + m(0) + m(1) + m(2), { sizes }));
  it('pad', () => check([[2, 3]], (x) => op.pad(x, -1, 1, 2), ([i, j], x) => (j! < 1 || j! > 3 ? 0 : x(i!, j! - 1))));
  it('pad, by a named size', () =>
    check([['n', 2]], (x) => op.pad(x, 0, 'n', 1), ([i, j], x) => (i! < 2 || i! > 3 ? 0 : x(i! - 2, j!)), { sizes }));

  it('slice refuses what is no part', () => {
    const x = input('x', ['n', 5]);
    expect(() => op.slice(x, 1, 3, 6)).toThrow('slice: 3 to 6 is no part of axis 1 of [n, 5]');
    expect(() => op.slice(x, 1, 3, 2)).toThrow('slice: 3 to 2 is no part');
    expect(() => op.slice(x, 1, -1, 2)).toThrow('slice: -1 to 2 is no part');
  });
  it('transpose refuses an order that forgets an axis', () => {
    expect(() => op.transpose(input('x', ['n', 5]), [1, 1])).toThrow('transpose: [n, 5] to [1,1]: every axis must stand in it once');
  });
});

describe('along axes, value and derivative', () => {
  const rows = { sizes: { n: 2 } };
  const spread = (i: readonly number[], x: At, width: number): number[] => Array.from({ length: width }, (_, k) => x(...i.slice(0, -1), k));
  const exps = (values: readonly number[]): number => values.reduce((sum, value) => sum + Math.exp(value), 0);

  it('sum', () => check([[2, 3, 2]], (x) => op.sum(x), (_, x) => total(12, (i) => x(Math.floor(i / 6), Math.floor(i / 2) % 3, i % 2))));
  it('sum, over one axis', () => check([[2, 3]], (x) => op.sum(x, [0]), ([j], x) => x(0, j!) + x(1, j!)));
  it('sum, over axes from both ends', () =>
    check([['n', 3, 2]], (x) => op.sum(x, [0, -1]), ([j], x) => x(0, j!, 0) + x(0, j!, 1) + x(1, j!, 0) + x(1, j!, 1), rows));
  it('mean', () => check([['n', 3]], (x) => mean(x), (_, x) => total(6, (i) => x(Math.floor(i / 3), i % 3)) / 6, rows));
  it('mean, over a named axis', () => check([['n', 3]], (x) => mean(x, [0]), ([j], x) => (x(0, j!) + x(1, j!)) / 2, rows));
  it('sizeAsNumber', () => check([['n', 3]], (x) => op.multiply(x, op.sizeAsNumber('3*n+n*n')), (i, x) => 10 * x(...i), rows));
  it('softmax', () => check([[2, 4]], op.softmax, (i, x) => Math.exp(x(...i)) / exps(spread(i, x, 4))));
  it('softmax, a named axis', () => check([[3, 'n']], op.softmax, (i, x) => Math.exp(x(...i)) / exps(spread(i, x, 2)), rows));
  it('logSoftmax', () => check([[2, 4]], op.logSoftmax, (i, x) => x(...i) - Math.log(exps(spread(i, x, 4)))));

  // epsilon is float32 in every ONNX file: a power of two is the same in both precisions
  it('layerNormalization', () =>
    check([[2, 2, 4], [4], [4]], (x, scale, shift) => op.layerNormalization(x, scale, shift, 2 ** -7), (i, x, scale, shift) => {
      const row = spread(i, x, 4);
      const centre = row.reduce((a, b) => a + b) / 4;
      const variance = row.reduce((sum, value) => sum + (value - centre) ** 2, 0) / 4;
      return ((x(...i) - centre) / Math.sqrt(variance + 2 ** -7)) * scale(...i) + shift(...i);
    }));
});

describe('by index, value and derivative', () => {
  const indices = constant(integers([2, 3], 4, 0, 4, 1, 4, 0));
  const at = (i: number, j: number): number => [4, 0, 4, 1, 4, 0][3 * i + j]!;
  const into = constant(integers([4], 2, 0, 2, 2));

  it('gather, rows that repeat', () => check([[5, 2]], (table) => op.gather(table, indices), ([i, j, k], table) => table(at(i!, j!), k!)));
  it('gatherByProduct, rows that repeat', () =>
    check([['n', 2, 3]], (x) => gatherByProduct(x, into), ([i, j, k], x) => x([2, 0, 2, 2][i!]!, j!, k!), { sizes: { n: 3 } }));
  it('gather, rows of more axes than one', () =>
    check([[5, 2, 3]], (table) => op.gather(table, indices), ([i, j, k, l], table) => table(at(i!, j!), k!, l!)));
  it('takeAlongAxis, one of each row', () =>
    check([[4, 3]], (rows) => op.takeAlongAxis(rows, into), ([i], rows) => rows(i!, [2, 0, 2, 2][i!]!)));
  it('takeAlongAxis, the derivative of its derivative', () =>
    check([[4, 3]], (rows) => gradients(op.sum(square(op.takeAlongAxis(rows, into))), new Set([rows])).get(rows)!,
      ([i, j], rows) => (j === [2, 0, 2, 2][i!] ? 2 * rows(i!, j!) : 0)));
  it('eye, of a named size', () =>
    check([['n', 'n']], (x) => op.multiply(x, op.eye('n')), ([i, j], x) => (i === j ? x(i!, j!) : 0), { sizes: { n: 3 } }));
  it('scatterAdd, rows that repeat', () =>
    check([[3, 2], [4, 2]], (table, rows) => op.scatterAdd(table, into, rows),
      ([i, j], table, rows) => table(i!, j!) + total(4, (k) => ([2, 0, 2, 2][k] === i ? rows(k, j!) : 0))));

  // enough of them that threads would meet in one row
  it('scatterAdd adds 20,000 rows into 50, always the same', async () => {
    const [count, targets, width] = [20_000, 50, 16];
    const places = integers([count], ...Array.from({ length: count }, (_, i) => (i * 7919) % targets));
    const rows = drawn('rows', [count, width], [-1, 1]);
    const sum = new Float64Array(targets * width);
    const zeros = { shape: [targets, width], data: new Float32Array(targets * width) };
    for (let i = 0; i < count * width; i += 1) sum[places.data[Math.floor(i / width)]! * width + (i % width)]! += rows.data[i]!;
    const y = op.scatterAdd(constant(zeros), input('places', [count], 'int32'), input('rows', [count, width]));
    await using session = await compile({ y }, { threads: 2 });
    const first = (await session.run({ places, rows })).y!.data;
    expect(Math.max(...first.map((value, i) => Math.abs(value - sum[i]!)))).toBeLessThan(1e-3);
    for (let run = 0; run < 20; run += 1) expect((await session.run({ places, rows })).y!.data).toEqual(first);
  });
});

describe('functions, value and derivative', () => {
  it('square', () => check([[2, 3]], square, (i, x) => x(...i) ** 2));
  it('gelu', () => check([[2, 3]], gelu, (i, x) => x(...i) * 0.5 * (1 + erf(x(...i) / Math.SQRT2)), float32));
  it('weightedSum', () =>
    check([[], [], []], (a, b, c) => weightedSum([[1, a], [0.5, b], [c, c]]), (_, a, b, c) => a() + 0.5 * b() + c() ** 2));
  it('dropout at rate 0 is the tensor itself', () => {
    const x = input('x', [2]);
    expect(dropout(x, 'mask', 0)).toBe(x);
  });

  it('dropout multiplies by the mask that is fed, forward and backward', async () => {
    const x = input('x', ['n']);
    const y = dropout(x, 'mask', 0.25);
    const g = gradients(op.sum(square(y)), new Set([x])).get(x)!;
    const mask: Numbers = { shape: [2], data: Float32Array.of(0, 2) };
    const feeds = { x: { shape: [2], data: Float32Array.of(3, 5) }, mask };
    expect(await valuesOf(y, feeds)).toEqual([0, 10]);
    expect(await valuesOf(g, feeds)).toEqual([0, 40]);
  });
});
