/**
 * `dide/engine`: symbols in, numbers out. Tensors with named sizes, their derivatives, plain ONNX, and ONNX Runtime.
 *
 *   const x = input('x', ['batch', 2]);
 *   const y = tanh(matmul(x, parameter('w', [2, 3])));
 *   await using session = await compile({ y }, { weights });
 *   const { y: numbers } = await session.run({ x: { shape: [4, 2], data } });
 */
export * from './engine/functions.ts';
export { gradients } from './engine/gradient.ts';
export { countOf, type Data, type Numbers, type Weights } from './engine/numbers.ts';
export { type Precision, type WriteOptions, writeOnnx } from './engine/onnx/write.ts';
export * from './engine/ops.ts';
export { bernoulliMask, generator, type Key, keyOf, normal, permutation, uniform } from './engine/random.ts';
export type { RuntimeOptions } from './engine/runtime/backend.ts';
export { type CompileOptions, compile, type ExpectedInput, type Session, shapesFor } from './engine/runtime/session.ts';
export { minus, plus, type Shape, type Size, times, volume } from './engine/shapes.ts';
export { constant, dropoutMask, input, type Kind, parameter, type Tensor } from './engine/tensor.ts';
export { attend, maskBias, transformer } from './model/attention.ts';
export { classifier, layerNorm, linear, mlp } from './model/linear.ts';
export { createParams, initialWeights, type Params, type RootParams } from './model/params.ts';
export {
  adamwStep,
  clipScale,
  createOptimizerState,
  decayGroups,
  gradientNorm,
  type OptimizerState,
} from './optim/adamw.ts';
export { learningRateAt } from './optim/schedule.ts';
