import { describe, expect, it } from 'vitest';
import { mean, square } from './functions.ts';
import { gradients, gradientsReached } from './gradient.ts';
import { check, valuesOf } from './ops.fixture.ts';
import { add, concat, exp, gather, matmul, multiply, slice, stopGradient, sum, tanh } from './ops.ts';
import { ancestors, constant, input, isOperation, parameter, type Tensor } from './tensor.ts';

const x = input('x', [1, 6]);
const feeds = { x: { shape: [1, 6], data: Float32Array.of(1, 2, 3, 4, 5, 6) } };
const gradientOf = (loss: Tensor, of: Tensor = x): Tensor => gradients(loss, new Set([of])).get(of)!;
const operators = (tensor: Tensor): string[] =>
  ancestors([tensor]).flatMap(({ made }) => (isOperation(made) ? [made.operator] : []));
const piece = (start: number, end: number): Tensor => slice(x, 1, start, end);

describe('a tensor that is used more than once', () => {
  it('gets what is looked up in it scattered onto the rest of the sum, and not added as a table of its own', async () => {
    const table = input('table', [3, 2]);
    const rows = (...places: number[]): Tensor =>
      gather(table, constant({ shape: [places.length], data: Int32Array.from(places) }));
    const loss = add(sum(multiply(table, 2)), add(sum(rows(2, 0, 2)), sum(multiply(rows(0, 1), 10))));
    const g = gradientOf(loss, table);
    expect(operators(g)).not.toContain('Add');
    expect(operators(g).filter((operator) => operator === 'ScatterElements')).toHaveLength(2);
    const numbers = { table: { shape: [3, 2], data: Float32Array.of(1, 2, 3, 4, 5, 6) } };
    expect(await valuesOf(g, numbers)).toEqual([13, 13, 12, 12, 4, 4]);
  });

  it('gets the sum of what arrives', async () => {
    const g = gradientOf(sum(add(multiply(x, 2), square(x))));
    expect(await valuesOf(g, feeds)).toEqual([4, 6, 8, 10, 12, 14]);
  });

  it('gets it once for every use by one op', async () => {
    expect(await valuesOf(gradientOf(sum(multiply(x, x))), feeds)).toEqual([2, 4, 6, 8, 10, 12]);
  });

  it('gets it through every path of a deep graph', () =>
    check(
      [[3]],
      (a) => add(tanh(multiply(a, exp(a))), multiply(exp(a), square(exp(a)))),
      ([i], a) => {
        const [value, e] = [a(i!), Math.exp(a(i!))];
        return Math.tanh(value * e) + e ** 3;
      },
    ));

  it('may be a parameter at two places of a model', () =>
    check(
      [[2, 2]],
      (w) => matmul(w, tanh(matmul(w, w))),
      ([i, j], w) => {
        const inner = (a: number, b: number): number => Math.tanh(w(a, 0) * w(0, b) + w(a, 1) * w(1, b));
        return w(i!, 0) * inner(0, j!) + w(i!, 1) * inner(1, j!);
      },
    ));
});

describe('the gradients of slices', () => {
  const weighted = (...pieces: readonly Tensor[]): Tensor =>
    pieces.map((part, i) => sum(multiply(part, i + 1))).reduce((a, b) => add(a, b));

  it('that tile a tensor are joined, not padded and added', async () => {
    const g = gradientOf(weighted(piece(0, 1), piece(1, 4), piece(4, 6)));
    expect(operators(g)).toContain('Concat');
    expect(operators(g)).not.toContain('Pad');
    expect(await valuesOf(g, feeds)).toEqual([1, 2, 2, 2, 3, 3]);
  });

  it('that tile it in another order are joined too', async () => {
    const g = gradientOf(weighted(piece(4, 6), piece(0, 1), piece(1, 4)));
    expect(operators(g)).not.toContain('Pad');
    expect(await valuesOf(g, feeds)).toEqual([2, 3, 3, 3, 1, 1]);
  });

  it('that tile a named axis are joined too', () => {
    const both = concat([input('text', ['words', 2]), input('image', ['patches', 2])], 0);
    const [text, image] = [slice(both, 0, 0, 'words'), slice(both, 0, 'words', both.shape[0]!)];
    expect(operators(gradientOf(weighted(text, square(image)), both))).not.toContain('Pad');
  });

  it('that leave a gap are padded with zeros', async () =>
    expect(await valuesOf(gradientOf(weighted(piece(0, 2), piece(4, 6))), feeds)).toEqual([1, 1, 0, 0, 2, 2]));

  it('that end early are padded with zeros', async () =>
    expect(await valuesOf(gradientOf(weighted(piece(0, 2), piece(2, 5))), feeds)).toEqual([1, 1, 2, 2, 2, 0]));

  it('that overlap are added', async () =>
    expect(await valuesOf(gradientOf(weighted(piece(0, 4), piece(2, 6))), feeds)).toEqual([1, 1, 3, 3, 2, 2]));

  it('that are taken twice are added', async () =>
    expect(await valuesOf(gradientOf(weighted(piece(0, 3), piece(0, 3), piece(3, 6))), feeds)).toEqual([
      3, 3, 3, 3, 3, 3,
    ]));

  it('along different axes are added', () =>
    check(
      [[2, 3]],
      (a) => add(slice(a, 0, 0, 1), multiply(slice(a, 1, 0, 1), 3)),
      ([i, j], a) => a(0, j!) + 3 * a(i!, 0),
    ));

  it('beside another use are added to it', async () =>
    expect(await valuesOf(gradientOf(add(weighted(piece(0, 3), piece(3, 6)), sum(x))), feeds)).toEqual([
      2, 2, 2, 3, 3, 3,
    ]));
});

describe('gradients', () => {
  const w = parameter('w', [6]);

  it('flow nowhere through stopGradient', () => {
    expect(() => gradients(sum(stopGradient(multiply(x, w))), new Set([w]))).toThrow(
      'gradients: w has no part in the loss',
    );
  });

  it('refuse a parameter that has no part in the loss', () => {
    expect(() => gradients(sum(x), new Set([w]))).toThrow(new Error('gradients: w has no part in the loss'));
  });

  it('of what is reached leave out a parameter that is not, or only through stopGradient', () => {
    const [apart, stopped] = [parameter('apart', [6]), parameter('stopped', [6])];
    const loss = sum(multiply(multiply(x, w), stopGradient(stopped)));
    expect([...gradientsReached(loss, new Set([apart, w, stopped])).keys()]).toEqual([w]);
  });

  it('refuse a loss that is not a scalar', () => {
    expect(() => gradients(x, new Set([x]))).toThrow(new Error('gradients: the loss is [1, 6]: it must be a scalar'));
  });

  it('of the loss itself are 1', async () => {
    const loss = constant(3);
    expect(await valuesOf(gradientOf(loss, loss))).toEqual([1]);
  });

  it('build nothing for tensors that nobody asked about', () => {
    const frozen = parameter('frozen', [6, 6]);
    const g = gradientOf(mean(square(add(matmul(x, frozen), w))), w);
    expect(operators(g).filter((operator) => operator === 'MatMul')).toHaveLength(1); // the forward one
  });

  it('come in the order in which the backward pass is done with them', () => {
    const layers = ['first', 'second', 'third'].map((name) => parameter(name, [6, 6]));
    const loss = mean(layers.reduce((h, layer) => tanh(matmul(h, layer)), x));
    expect([...gradients(loss, new Set(layers)).keys()]).toEqual(layers.toReversed());
  });
});
