/**
 * `dide/engine`: symbols in, numbers out. Tensors with named sizes, their derivatives, plain ONNX, and ONNX Runtime.
 *
 *   const x = input('x', ['batch', 2]);
 *   const y = tanh(matmul(x, parameter('w', [2, 3])));
 *   await using session = await compile({ y }, { weights });
 *   const { y: numbers } = await session.run({ x: { shape: [4, 2], data } });
 */
export * from './functions.ts';
export { gradients } from './gradient.ts';
export { countOf, type Data, type Numbers, type Weights } from './numbers.ts';
export { type Precision, type WriteOptions, writeOnnx } from './onnx.ts';
export * from './ops.ts';
export { bernoulliMask, generator, type Key, keyOf, normal, permutation, uniform } from './random.ts';
export type { RuntimeOptions } from './runtime.ts';
export { type CompileOptions, compile, type ExpectedInput, type Session, shapesFor } from './session.ts';
export { minus, plus, type Shape, type Size, times, volume } from './shapes.ts';
export { constant, dropoutMask, input, type Kind, parameter, type Tensor } from './tensor.ts';
