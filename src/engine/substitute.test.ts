import { expect, it } from 'vitest';
import { add, matmul, multiply, sum } from './ops.ts';
import { compile } from './runtime/compile.ts';
import { substituted } from './substitute.ts';
import { input, parameter } from './tensor.ts';

it('feeds a tensor in the middle of a graph, which then depends on nothing that came before it', async () => {
  const x = input('x', ['n', 2]);
  const middle = matmul(x, parameter('w', [2, 2]));
  const y = input('y', ['n', 2]);
  const outputs = { total: sum(multiply(add(middle, y), middle)), other: sum(y) };
  const replaced = substituted(outputs, new Map([[middle, input('middle', ['n', 2])]]));
  expect(replaced.other).toBe(outputs.other);
  await using session = await compile(replaced, { threads: 1 });
  const two = (...data: number[]) => ({ shape: [1, 2], data: Float32Array.from(data) });
  const { total } = await session.run<'total' | 'other'>({ middle: two(2, 3), y: two(10, 20) });
  expect(session.inputs.map(({ made }) => 'name' in made && made.name).sort()).toEqual(['middle', 'y']);
  expect(total.data[0]).toBe(12 * 2 + 23 * 3);
});
