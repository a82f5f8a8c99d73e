/**
 * `dide/engine`: symbolic tensors with named sizes, their gradients, and AdamW, for a model of your own.
 *
 *   const p = createParams();                                                        // collects what a model declares
 *   const y = linear(p.within('layer'), input('x', ['batch', 2]), 1);                // [batch, 1]
 *   const loss = mean(square(subtract(y, input('target', ['batch', 1]))));
 *
 *   const state = createOptimizerState(initialWeights(p, { seed: 0 }));
 *   const names = new Map([...p.declared].map(([name, { tensor }]) => [tensor, name]));
 *   const grads = [...gradients(loss, new Set(names.keys()))];
 *   const outputs = { loss, ...Object.fromEntries(grads.map(([tensor, g]) => [`gradient ${names.get(tensor)}`, g])) };
 *   const into = Object.fromEntries([...state.gradients].map(([name, g]) => [`gradient ${name}`, g]));
 *   await using session = await compile(outputs, { parameters: state.weights, into });
 *
 *   const x = { shape: [2, 2], data: Float32Array.of(1, 0, 0, 1) };
 *   const target = { shape: [2, 1], data: Float32Array.of(3, 5) };
 *   for (let step = 1; step <= 1000; step += 1) {
 *     const results = await session.run({ x, target });
 *     adamwStep(state, { step, learningRate: 0.1, weightDecay: 0 });
 *     if (step === 1000) console.log(results.loss!.data[0]! < 1e-3);                  // true
 *   }
 *
 * Every run on one processor gives the same bits; see `compile` for different numbers of threads.
 */
export * from './engine/functions.ts';
export { gradients } from './engine/gradient.ts';
export { countOf, type Data, type Numbers, type Weights } from './engine/numbers.ts';
export { type Precision, type WriteOptions, writeOnnx } from './engine/onnx/write.ts';
export * from './engine/ops.ts';
export { bernoulliMask, generator, type Key, keyOf, normal, permutation, uniform } from './engine/random.ts';
export { type Device, devices, type RuntimeOptions } from './engine/runtime/backend.ts';
export { compile } from './engine/runtime/compile.ts';
export { defaultDevice, setDefaultDevice } from './engine/runtime/device.ts';
export { type CompileOptions, type ExpectedInput, type Session, shapesFor } from './engine/runtime/session.ts';
export { minus, plus, type Shape, type Size, times, volume } from './engine/shapes.ts';
export { constant, dropoutMask, input, type Kind, parameter, type Tensor } from './engine/tensor.ts';
export { attend, maskBias, transformer } from './model/attention.ts';
export { classifier, layerNorm, linear, mlp } from './model/linear.ts';
export { createParams, initialWeights, type Params, type RootParams } from './model/params.ts';
export { adamwStep, clipScale, gradientNorm, type OptimizerState } from './optim/adamw.ts';
export { createOptimizerState } from './optim/create-state.ts';
export { decayGroups } from './optim/decay-groups.ts';
export { learningRateAt } from './optim/schedule.ts';
