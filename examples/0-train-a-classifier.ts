/** Trains a small network to tell the three arms of a spiral apart: `npx tsx examples/0-train-a-classifier.ts` */
import * as engine from '../src/engine/index.ts';
import { adamwStep, createOptimizerState } from '../src/training/adamw.ts';

const { gemm, gradients, input, keyOf, logSoftmax, mean, multiply, negate, normal, parameter, relu, sum } = engine;

// the network, in symbols: 2 coordinates -> 32 -> 32 -> 3 arms, for any number of points
const shapes = { w1: [2, 32], b1: [32], w2: [32, 32], b2: [32], w3: [32, 3], b3: [3] };
const p = Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, parameter(name, shape)]));
const linear = (x: engine.Tensor, layer: number) => gemm(x, p[`w${layer}`]!, ['as-is', 'as-is'], p[`b${layer}`]!);
const logits = linear(relu(linear(relu(linear(input('points', ['n', 2]), 1)), 2)), 3);
const loss = negate(mean(sum(multiply(input('arms', ['n', 3]), logSoftmax(logits)), [-1])));
const found = gradients(loss, new Set(Object.values(p)));

// its weights, and the memory in which AdamW moves them
const initial = Object.entries(shapes).map(([name, shape]): [string, engine.Numbers<Float32Array>] => {
  const data = new Float32Array(engine.countOf(shape));
  return [name, { shape, data: shape.length > 1 ? normal(keyOf(0, name), data, Math.sqrt(2 / shape[0]!)) : data }];
});
const state = createOptimizerState(new Map(initial));

// 300 points: from the middle outward, each arm a third of a turn further, with some noise
const count = 300;
const noise = normal(keyOf(0, 'noise'), new Float32Array(count), 0.15);
const points = { shape: [count, 2], data: new Float32Array(2 * count) };
const arms = { shape: [count, 3], data: new Float32Array(3 * count) };
for (let i = 0; i < count; i += 1) {
  const radius = i / count;
  const angle = 4 * radius + (i % 3) * ((2 * Math.PI) / 3) + noise[i]!;
  points.data.set([radius * Math.sin(angle), radius * Math.cos(angle)], 2 * i);
  arms.data[3 * i + (i % 3)] = 1;
}

// forward and backward are one graph, which writes each gradient where AdamW reads it
const outputs: Record<string, engine.Tensor> = { loss, logits };
for (const [name, tensor] of Object.entries(p)) outputs[`gradient ${name}`] = found.get(tensor)!;
const into = Object.fromEntries([...state.gradients].map(([name, numbers]) => [`gradient ${name}`, numbers]));
await using session = await engine.compile(outputs, { parameters: state.weights, into, threads: 1 });

const isRight = (scores: Float32Array, i: number) =>
  Math.max(...scores.subarray(3 * i, 3 * i + 3)) === scores[3 * i + (i % 3)];
for (let step = 1; step <= 300; step += 1) {
  const results = await session.run({ points, arms });
  adamwStep(state, { step, learningRate: 0.01 });
  if (step > 1 && step % 50 !== 0) continue;
  const right = Array.from({ length: count }, (_, i) => Number(isRight(results.logits!.data, i))).reduce(
    (a, b) => a + b,
  );
  console.log(`step ${step}: loss ${results.loss!.data[0]!.toFixed(3)}, ${((100 * right) / count).toFixed(0)} % right`);
}
