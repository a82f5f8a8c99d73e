import { availableParallelism } from 'node:os';
import { describe, expect, it } from 'vitest';
import { mean, square } from '../functions.ts';
import { gradients } from '../gradient.ts';
import { bytesOf } from '../numbers.ts';
import { drawn } from '../ops.fixture.ts';
import { gelu, gemm } from '../ops.ts';
import { input, parameter } from '../tensor.ts';
import { compile } from './compile.ts';

/** A feed-forward block on one row an example, as the last layer computes it: where MLAS shares out columns. */
const block = (width: number, hidden: number) => {
  const [x, up, down] = [
    input('x', ['batch', width]),
    parameter('up', [hidden, width]),
    parameter('down', [width, hidden]),
  ];
  const y = gemm(gelu(gemm(x, up, ['as-is', 'transposed'])), down, ['as-is', 'transposed']);
  const [gx, gu, gd] = gradients(mean(square(y)), new Set([x, up, down])).values();
  const weights = new Map([
    ['up', drawn('up', [hidden, width], [-1, 1])],
    ['down', drawn('down', [width, hidden], [-1, 1])],
  ]);
  return { outputs: { y, gx: gx!, gu: gu!, gd: gd! }, parameters: weights };
};

describe.skipIf(availableParallelism() < 2)('the same bits on one, two and three threads', () => {
  it.each([
    ['mini', 128, 512],
    ['base', 768, 3072],
  ])('of a block with its gradients, of one row an example, at %s size', async (_size, width, hidden) => {
    const { outputs, parameters } = block(width, hidden);
    const [one, ...others] = await Promise.all(
      [1, 2, 3].map(async (threads) => {
        await using session = await compile(outputs, { parameters, threads });
        return await session.run({ x: drawn('x', [32, width], [-1, 1]) });
      }),
    );
    for (const other of others) {
      for (const [name, { data }] of Object.entries(one!)) {
        // toEqual takes minutes for millions of numbers
        expect(Buffer.compare(bytesOf(data), bytesOf(other[name]!.data)), name).toBe(0);
      }
    }
  });

  it('of a product in pieces, to rounding what the whole is', async () => {
    const [x, w] = [input('x', ['batch', 600]), parameter('w', [600, 100])];
    const numbers = { x: drawn('x', [7, 600], [-1, 1]), w: drawn('w', [600, 100], [-1, 1]) };
    await using session = await compile({ y: gemm(x, w) }, { parameters: new Map([['w', numbers.w]]) });
    const { y } = await session.run({ x: numbers.x });
    for (const [i, j] of [
      [0, 0],
      [6, 99],
      [3, 64],
      [2, 63],
    ] as const) {
      let sum = 0;
      for (let k = 0; k < 600; k += 1) sum += numbers.x.data[i * 600 + k]! * numbers.w.data[k * 100 + j]!;
      expect(y!.data[i * 100 + j]).toBeCloseTo(sum, 4);
    }
  });
});
