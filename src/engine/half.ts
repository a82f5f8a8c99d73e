import { add, cast } from './ops.ts';
import { rewritten } from './substitute.ts';
import type { Kind, Tensor } from './tensor.ts';

/** Floating-point numbers of 16 bits: `bf16` has the range of float32, and `fp16` more digits. */
export type HalfPrecision = 'bf16' | 'fp16';

const kinds: Readonly<Record<HalfPrecision, Kind>> = { bf16: 'bfloat16', fp16: 'float16' };

/**
 * Rewrites outputs so that all products of matrices are in 16 bits and everything else is in float32, as PyTorch's
 * autocast does it: both sides are rounded, and the product is.
 *
 * @param way `native`: the product itself is of 16 bits, for a device that has it. `rounded`: numbers are rounded as there,
 * and float32 is computed with, which any device can; it is slower than float32.
 */
export const withHalfProducts = (
  outputs: Readonly<Record<string, Tensor>>,
  precision: HalfPrecision,
  way: 'native' | 'rounded',
): Record<string, Tensor> => {
  const kind = kinds[precision];
  const known = new Map<Tensor, Tensor>();
  /** The tensor in 16 bits, or rounded to them; once for all products. */
  const half = (x: Tensor): Tensor => {
    const found = known.get(x) ?? (way === 'native' ? cast(x, kind) : cast(cast(x, kind), 'float'));
    known.set(x, found);
    return found;
  };
  return rewritten(outputs, (tensor, made) => {
    if (tensor.kind !== 'float' || !(made.operator === 'MatMul' || made.operator === 'Gemm')) return tensor;
    const [a, b, c] = made.from as [Tensor, Tensor, Tensor?];
    const product: Tensor = {
      ...{ shape: tensor.shape, kind: way === 'native' ? kind : 'float' },
      made: { ...made, from: [half(a), half(b)] },
    };
    const whole = way === 'native' ? cast(product, 'float') : cast(cast(product, kind), 'float');
    return c ? add(whole, c) : whole;
  });
};
