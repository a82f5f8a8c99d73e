import { describe, expect, it } from 'vitest';
import { withInt8Products } from './int8.ts';
import type { Numbers } from './numbers.ts';
import { drawn } from './ops.fixture.ts';
import { add, gemm, reshape } from './ops.ts';
import { compile } from './runtime/compile.ts';
import { isInt8Exact } from './runtime/exact-int8.ts';
import { createRuntime } from './runtime/runtime.ts';
import { type CompileOptions, compileFor } from './runtime/session.ts';
import { ancestors, input, isOperation, parameter } from './tensor.ts';

const [ROWS, INNER, OUT] = [6, 96, 40];
const x = reshape(input('x', ['rows', 'words', INNER]), ['rows*words', INNER]);
const w = parameter('w', [OUT, INNER]);
const product = gemm(x, w, ['as-is', 'transposed'], parameter('c', [OUT]));
const weights = new Map<string, Numbers>([
  ['w', drawn('w', [OUT, INNER], [-1, 1])],
  ['c', drawn('c', [OUT], [-1, 1])],
]);
const fed = drawn('x', [ROWS, 1, INNER], [-3, 3]);

const run = async (feed: Numbers, options: CompileOptions): Promise<Float32Array> => {
  await using session = await compile({ product }, options);
  return (await session.run<'product'>({ x: feed })).product.data;
};

/** |a - b| / |b| over all numbers. */
const apart = (a: Float32Array, b: Float32Array): number =>
  Math.hypot(...a.map((value, i) => value - b[i]!)) / Math.hypot(...b);

describe('products in int8', () => {
  it('differ from those of float32 by less than 1 %, and not by nothing', async () => {
    const difference = apart(await run(fed, { weights, weightPrecision: 'int8' }), await run(fed, { weights }));
    expect(difference).toBeLessThan(0.01);
    expect(difference).toBeGreaterThan(1e-5);
  });

  it('are the same bits for a row alone, in a batch, and on any number of threads', async () => {
    const all = await run(fed, { weights, weightPrecision: 'int8', threads: 2 });
    for (let row = 0; row < ROWS; row += 1) {
      const alone = { shape: [1, 1, INNER], data: fed.data.slice(row * INNER, (row + 1) * INNER) };
      const found = await run(alone, { weights, weightPrecision: 'int8', threads: 1 });
      expect(found).toEqual(all.slice(row * OUT, (row + 1) * OUT));
    }
  });

  it('of a row of zeros are what is added to them', async () => {
    const zeros = { shape: [1, 1, INNER], data: new Float32Array(INNER) };
    expect(await run(zeros, { weights, weightPrecision: 'int8' })).toEqual(weights.get('c')!.data);
  });

  it('take the place of products of tokens with constants alone, seen through another shape', () => {
    const bent = parameter('bent', [OUT, 2, INNER / 2]);
    const perExample = gemm(input('y', ['rows', INNER]), w, ['as-is', 'transposed']);
    const both = add(product, gemm(x, reshape(bent, [OUT, INNER]), ['as-is', 'transposed']));
    const operators = (held: ReadonlyMap<string, Numbers>): string[] =>
      ancestors(Object.values(withInt8Products({ both, perExample }, held))).flatMap(({ made }) =>
        isOperation(made) && /Gemm|MatMulInteger/.test(made.operator)
          ? [made.operator.replace('com.microsoft.', '')]
          : [],
      );
    expect(operators(new Map())).toEqual(['Gemm', 'Gemm', 'Gemm']);
    expect(operators(weights)).toEqual(['MatMulIntegerToFloat', 'Gemm', 'Gemm']);
    const bentNumbers = drawn('bent', [OUT, 2, INNER / 2], [-1, 1]);
    expect(operators(new Map([...weights, ['bent', bentNumbers]]))).toEqual([
      'MatMulIntegerToFloat',
      'MatMulIntegerToFloat',
      'Gemm',
    ]);
  });

  it('have the same sums in the way for processors whose sums of 16 bits would overflow', async () => {
    const largest = { shape: [ROWS, 1, INNER], data: new Float32Array(ROWS * INNER).fill(3) };
    for (const feed of [fed, largest]) {
      await using exact = await compileFor(
        createRuntime,
        { product },
        { weights, weightPrecision: 'int8', int8: 'exact' },
      );
      expect((await exact.run<'product'>({ x: feed })).product.data).toEqual(
        await run(feed, { weights, weightPrecision: 'int8' }),
      );
    }
    expect(await isInt8Exact((model, options) => createRuntime(model, { ...options, int8: 'exact' }))).toBe(true);
  });

  it('are refused on other devices than the processor', async () => {
    await expect(compile({ product }, { weights, weightPrecision: 'int8', device: 'webgpu' })).rejects.toThrow(
      'webgpu',
    );
  });
});
