import { describe, expect, it } from 'vitest';
import { withHalfProducts } from './half.ts';
import { drawn } from './ops.fixture.ts';
import { gemm, matmul, softmax } from './ops.ts';
import { compile } from './runtime/compile.ts';
import type { CompileOptions } from './runtime/session.ts';
import { ancestors, input, isOperation, parameter } from './tensor.ts';

const x = input('x', ['rows', 8]);
const w = parameter('w', [8, 8]);
const product = gemm(x, w, ['as-is', 'transposed'], parameter('c', [8]));
const parameters = new Map([
  ['w', drawn('w', [8, 8], [-1, 1])],
  ['c', drawn('c', [8], [-1, 1])],
]);
const feeds = { x: drawn('x', [3, 8], [-2, 2]) };

/** A number rounded to bfloat16, half to even: its upper 16 bits. */
const bf16 = (value: number): number => {
  const bits = new Uint32Array(Float32Array.of(value).buffer)[0]!;
  const rounded = (bits + 0x7fff + ((bits >>> 16) & 1)) & 0xffff0000;
  return new Float32Array(Uint32Array.of(rounded).buffer)[0]!;
};

const run = async (options: CompileOptions): Promise<Float32Array> => {
  await using session = await compile({ product }, { parameters, ...options });
  return (await session.run<'product'>(feeds)).product.data;
};

describe('products of 16 bits', () => {
  it('on the CPU are those of rounded numbers, rounded: bf16 by its definition', async () => {
    const found = await run({ products: 'bf16' });
    const [a, b, c] = [feeds.x.data, parameters.get('w')!.data, parameters.get('c')!.data];
    for (let row = 0; row < 3; row += 1) {
      for (let out = 0; out < 8; out += 1) {
        let sum = 0;
        for (let i = 0; i < 8; i += 1) sum += bf16(a[8 * row + i]!) * bf16(b[8 * out + i]!);
        // the order of a sum may move it over a border between two numbers of bf16
        expect(Math.abs(found[8 * row + out]! - (bf16(sum) + c[out]!))).toBeLessThan(Math.abs(sum) / 128 + 1e-6);
      }
    }
    expect(found).not.toEqual(await run({}));
  });

  it('have the digits of their kind, and overflow in fp16 alone', async () => {
    const exact = await run({});
    const apart = (values: Float32Array): number => Math.max(...values.map((value, i) => Math.abs(value - exact[i]!)));
    const [b, h] = [apart(await run({ products: 'bf16' })), apart(await run({ products: 'fp16' }))];
    expect(h).toBeGreaterThan(0);
    expect(h).toBeLessThan(b / 2);
    expect(b).toBeLessThan(0.1);
    const large = { x: { shape: [1, 8], data: new Float32Array(8).fill(1e5) } };
    for (const [products, isWithin] of [
      ['bf16', true],
      ['fp16', false],
    ] as const) {
      await using session = await compile({ product }, { parameters, products });
      expect((await session.run<'product'>(large)).product.data.every(Number.isFinite)).toBe(isWithin);
    }
  });

  it('of a device that has them are products of 16 bits between casts, of which a tensor has one', () => {
    const both = matmul(softmax(matmul(x, w)), w);
    const all = ancestors(Object.values(withHalfProducts({ both }, 'bf16', 'native')));
    const kindsOf = (operator: string): string[] =>
      all.flatMap(({ made, kind }) => (isOperation(made) && made.operator === operator ? [kind] : []));
    expect(kindsOf('MatMul')).toEqual(['bfloat16', 'bfloat16']);
    expect(kindsOf('Softmax')).toEqual(['float']);
    expect(kindsOf('Cast').sort()).toEqual(['bfloat16', 'bfloat16', 'bfloat16', 'float', 'float']);
  });
});
