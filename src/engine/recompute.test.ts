import { describe, expect, it } from 'vitest';
import { gradients } from './gradient.ts';
import { drawn } from './ops.fixture.ts';
import { add, gather, gelu, gemm, layerNormalization, multiply, reshape, sum } from './ops.ts';
import { compile } from './runtime/compile.ts';
import { ancestors, dropoutMask, input, isOperation, parameter, parents, type Tensor } from './tensor.ts';

const x = input('x', ['rows', 4]);
const normed = layerNormalization(x, parameter('scale', [4]), parameter('shift', [4]), 1e-5);
const raised = gelu(gemm(reshape(normed, ['rows', 4]), parameter('raise', [4, 6])));
const dropped = reshape(multiply(raised, dropoutMask('mask', ['rows', 6], 0.5)), ['rows', 2, 3]);
const lower = parameter('lower', [6, 3]);
const lowered = gemm(reshape(dropped, ['rows', 6]), lower);
const loss = sum(multiply(lowered, lowered));

/** Results of the forward pass that an operation outside of it reads. */
const kept = (given: Tensor, gradient: Tensor): Tensor[] => {
  const forward = new Set(ancestors([given]));
  return ancestors([gradient])
    .filter((tensor) => !forward.has(tensor))
    .flatMap((tensor) => parents(tensor).filter((parent) => forward.has(parent)));
};

const isOf = ({ made }: Tensor, operator: string): boolean => isOperation(made) && made.operator === operator;

describe('a backward pass', () => {
  it('reads no result of gelu or LayerNormalization, also through dropout, and computes it again', () => {
    const all = gradients(loss, new Set([lower, x]));
    for (const gradient of all.values())
      for (const operator of ['Gelu', 'LayerNormalization', 'Mul'])
        expect(kept(loss, gradient).filter((one) => isOf(one, operator) && one.shape.at(-1) !== 3)).toEqual([]);
  });

  it('has the gradient that the kept result gives', async () => {
    const w = found(gradients(loss, new Set([lower, x])), lower);
    const feeds = { x: drawn('x', [5, 4], [-1, 1]), mask: drawn('mask', [5, 6], [0, 2]) };
    const weights = new Map(
      Object.entries({ scale: [4], shift: [4], raise: [4, 6], lower: [6, 3] }).map(([name, shape]) => [
        name,
        drawn(name, shape, [-1, 1]),
      ]),
    );
    const usual = gemm(reshape(dropped, ['rows', 6]), multiply(lowered, 2), ['transposed', 'as-is']);
    await using session = await compile({ w, usual }, { parameters: weights });
    const results = await session.run<'w' | 'usual'>(feeds);
    expect(results.w.data).toEqual(results.usual.data);
    expect(results.w.data.some((value) => Math.abs(value) > 0.1)).toBe(true);
  });

  it('reads what is kept where nothing before it is trained', () => {
    const isRead = (targets: readonly Tensor[]): boolean =>
      kept(loss, found(gradients(loss, new Set(targets)), lower)).some(
        (one) => isOf(one, 'Reshape') && one.shape.at(-1) === 6,
      );
    expect(isRead([lower])).toBe(true);
    expect(isRead([lower, x])).toBe(false);
  });

  it('of a table has zeros that are no constant, which the session would hold', () => {
    const table = parameter('table', [100, 8]);
    const rows = gather(table, input('ids', ['batch'], 'int32'));
    const gradient = found(gradients(sum(add(rows, rows)), new Set([table])), table);
    const [zeros] = parents(ancestors([gradient]).find((one) => isOf(one, 'ScatterElements'))!);
    expect(ancestors([zeros!]).some(({ made }) => isOperation(made) && made.sizes.flat().includes('batch'))).toBe(true);
  });
});

const found = (all: ReadonlyMap<Tensor, Tensor>, target: Tensor): Tensor => all.get(target)!;
