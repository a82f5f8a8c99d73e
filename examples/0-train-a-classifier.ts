/** Trains a small network to tell the three arms of a spiral apart: `npx tsx examples/0-train-a-classifier.ts` */

import { bestOf } from 'dide/data';
import {
  adamwStep,
  compile,
  createOptimizerState,
  createParams,
  gradients,
  initialWeights,
  input,
  keyOf,
  linear,
  normal,
  relu,
  type Tensor,
} from 'dide/engine';
import { crossEntropy } from 'dide/training';

// the network, in symbols: 2 coordinates -> 32 -> 32 -> 3 arms, for any number of points
const p = createParams();
const hidden = (name: string, x: Tensor) => relu(linear(p.within(name), x, 32));
const logits = linear(p.within('3'), hidden('2', hidden('1', input('points', ['n', 2]))), 3);
const loss = crossEntropy(logits, input('arms', ['n', 3]));

// its weights, the memory in which AdamW moves them, and their gradients: more symbols, by the same names
const state = createOptimizerState(initialWeights(p, { seed: 0, deviation: 0.25 }));
const found = gradients(loss, new Set([...p.declared.values()].map(({ tensor }) => tensor)));
const slopes = [...p.declared].map(([name, { tensor }]) => [`gradient ${name}`, found.get(tensor)!] as const);
const into = Object.fromEntries([...state.gradients].map(([name, numbers]) => [`gradient ${name}`, numbers]));

// 300 points: from the middle outward, each arm a third of a turn further, with some noise
const [points, arms] = [new Float32Array(600), new Float32Array(900)];
for (const [i, noise] of normal(keyOf(0, 'noise'), new Float32Array(300), 0.15).entries()) {
  const [radius, angle] = [i / 300, i / 75 + (i % 3) * ((2 * Math.PI) / 3) + noise];
  points.set([radius * Math.sin(angle), radius * Math.cos(angle)], 2 * i);
  arms[3 * i + (i % 3)] = 1;
}
const feeds = { points: { shape: [300, 2], data: points }, arms: { shape: [300, 3], data: arms } };

// forward and backward are one graph, which writes each gradient where AdamW reads it
const outputs = { loss, logits, ...Object.fromEntries(slopes) };
await using session = await compile(outputs, { parameters: state.weights, into, threads: 1 });
for (let step = 1; step <= 300; step += 1) {
  const results = await session.run<'loss' | 'logits'>(feeds);
  adamwStep(state, { step, learningRate: 0.01 });
  const right = bestOf(results.logits).filter((arm, i) => arm === i % 3).length / 300;
  const said = `step ${step}: loss ${results.loss.data[0]!.toFixed(3)}, ${(100 * right).toFixed(0)} % right`;
  if (step === 1 || step % 50 === 0) console.log(said);
}
