import type { Numbers } from './numbers.ts';
import { isPerExample } from './onnx/products.ts';
import { add, cast, divide, expand, multiply, negate, reshape } from './ops.ts';
import { rewritten } from './substitute.ts';
import { constant, isOperation, type Operation, operation, type Tensor } from './tensor.ts';

/** Largest step of a quantised number, of both signs. */
const STEPS = 127;
/** Zero among the steps of activations, which are unsigned: x64 has instructions for unsigned times signed alone. */
const ZERO = 128;
/** Added to the largest number of a row, so that a row of zeros is not divided by 0. */
const TINY = 1e-30;

/**
 * Rewrites outputs so that the products of linear layers are in int8, for inference. Where W is constant, x Wᵀ becomes
 *
 *   m = max |x| of each row     s = max |W| / 127 of each output     (round(127 x / m) · round(W / s)ᵀ) · s m / 127
 *
 * Its sums are exact, and each row has a scale of its own, so that the result for a row does not depend on the rows
 * beside it, nor on the number of threads.
 *
 * Everything else stays float32, also products of one row an example (poolers, the interaction, heads): they take no time,
 * and a question over kept features has the same answer as over images.
 *
 * @param weights numbers of the parameters that are constants; products with others stay as they are.
 */
export const withInt8Products = (
  outputs: Readonly<Record<string, Tensor>>,
  weights: ReadonlyMap<string, Numbers>,
): Record<string, Tensor> => {
  const quantized = new Map<Tensor, QuantizedWeight>();
  return rewritten(outputs, (tensor, made) => {
    if (!isLinear(made)) return tensor;
    const [x, w, c] = made.from as [Tensor, Tensor, Tensor?];
    const weight = quantized.get(w) ?? quantizedWeight(w, weights);
    if (weight === undefined) return tensor;
    quantized.set(w, weight);
    const product = quantizedProduct(x, weight);
    return c ? add(product, c) : product;
  });
};

/** Whether an operation is a product x Wᵀ of one row a token. */
const isLinear = ({ operator, attributes, from }: Operation): boolean =>
  operator === 'Gemm' && attributes.transA === 0 && attributes.transB === 1 && !isPerExample(from[0]!.shape[0]!);

interface QuantizedWeight {
  /** int8 [in, out] */
  readonly steps: Tensor;
  /** Numbers that the sums of each output are multiplied by, beside the largest of their row: [out]. */
  readonly scales: Tensor;
}

/** Quantises W [out, in], a constant or one of another shape; undefined where it is computed, or is no constant. */
const quantizedWeight = (w: Tensor, weights: ReadonlyMap<string, Numbers>): QuantizedWeight | undefined => {
  const { made } = isOperation(w.made) && w.made.operator === 'Reshape' ? w.made.from[0]! : w;
  const numbers = 'leaf' in made && made.leaf === 'parameter' ? weights.get(made.name) : undefined;
  if (numbers === undefined) return undefined;
  const { data } = numbers;
  const [out, width] = w.shape as [number, number];
  const steps = new Int8Array(data.length);
  const scales = new Float32Array(out);
  for (let row = 0; row < out; row += 1) {
    let most = 0;
    for (let i = row * width; i < (row + 1) * width; i += 1) most = Math.max(most, Math.abs(data[i]!));
    const scale = most / STEPS || 1;
    scales[row] = scale / STEPS;
    for (let i = 0; i < width; i += 1) steps[i * out + row] = Math.round(data[row * width + i]! / scale);
  }
  return { steps: constant({ shape: [width, out], data: steps }), scales: constant({ shape: [out], data: scales }) };
};

const nothing = () => [];

/** Largest absolute number of each row [rows, in] → [rows, 1]: of two passes that only read, faster than over |x|. */
const largestOf = (x: Tensor): Tensor => {
  const reduced = (operator: 'ReduceMax' | 'ReduceMin'): Tensor =>
    operation(operator, [x], [x.shape[0]!, 1], nothing, { sizes: [[1]], attributes: { keepdims: 1 } });
  const parts = [reduced('ReduceMax'), negate(reduced('ReduceMin')), constant(TINY)];
  return operation('Max', parts, [x.shape[0]!, 1], nothing);
};

/** The product whose sums leave the cache as float32 already, times the scales of the outputs: an operator of ONNX Runtime's own. */
const quantizedProduct = (x: Tensor, { steps, scales }: QuantizedWeight): Tensor => {
  const [rows] = x.shape;
  const zero = cast(constant({ shape: [], data: Int32Array.of(ZERO) }), 'uint8');
  const most = largestOf(x);
  const operands = [x, reshape(divide(most, STEPS), [rows!]), expand(zero, [rows!])];
  const quantized = operation('QuantizeLinear', operands, x.shape, nothing, { kind: 'uint8', attributes: { axis: 0 } });
  const product = [quantized, steps, constant(1), scales, zero];
  return multiply(operation('com.microsoft.MatMulIntegerToFloat', product, [rows!, steps.shape[1]!], nothing), most);
};
