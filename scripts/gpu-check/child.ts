/**
 * One device in one precision, for scripts/gpu-check.ts: an argument in JSON, and an answer in JSON on the last line. A
 * process of its own, since a device and its options hold for a process.
 */
import { writeFileSync } from 'node:fs';
import { type CaseName, cases, randomFeeds } from '../../bench/cases.ts';
import { prepareStep } from '../../bench/training-works.ts';
import { loadModel } from '../../src/checkpoints/load.ts';
import { keyOf, uniform } from '../../src/engine/random.ts';
import { encodeText } from '../../src/inference/encode-text.ts';
import { openPredictor } from '../../src/inference/open-predictor.ts';
import { openOptimizer } from '../../src/optim/open-optimizer.ts';
import { createStep } from '../../src/training/step.ts';
import type { TrainingPrecision } from '../../src/training/updates/precision.ts';

/** Work of a child, and its sizes. */
export type Request = { readonly size: CaseName; readonly precision: TrainingPrecision } & (
  | { readonly what: 'parity'; readonly batch: number; readonly gradients: string }
  | { readonly what: 'steps'; readonly batches: readonly number[]; readonly repeats: number }
  | { readonly what: 'ask'; readonly vectors: number; readonly threads: number }
);

const request = JSON.parse(process.argv[2]!) as Request;

const openTraining = async () => {
  const given = cases[request.size];
  const { state, options } = prepareStep({ case: given, threads: 2 });
  const optimizer = await openOptimizer(state, { reads: options.teacher.weights, threads: 2 });
  const step = await createStep({ ...options, precision: request.precision }, state);
  return { optimizer, run: (batch: number) => step.run(randomFeeds(given, batch), { number: 1, key: keyOf(0) }) };
};

/** Losses, and all gradients in one file of float32. */
const parity = async (batch: number, file: string) => {
  const { optimizer, run } = await openTraining();
  const losses = await run(batch);
  await optimizer.reduce(async (gradients) => writeFileSync(file, Buffer.concat(gradients.map((g) => bytes(g)))));
  return { losses };
};

const bytes = ({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

/** Milliseconds of whole updates: forward, backward, the gradient's norm, AdamW; null where the memory is too small. */
const steps = async (batches: readonly number[], repeats: number) => {
  const { optimizer, run } = await openTraining();
  let number = 0;
  const update = async (batch: number): Promise<number> => {
    const began = performance.now();
    number += 1;
    await run(batch);
    await optimizer.gradientNorm();
    await optimizer.step({ step: number, learningRate: 1e-5 });
    return performance.now() - began;
  };
  const milliseconds: Record<string, readonly number[] | null> = {};
  for (const batch of batches) {
    try {
      await update(batch);
      await update(batch);
      const times: number[] = [];
      for (let i = 0; i < repeats; i += 1) times.push(await update(batch));
      milliseconds[batch] = times;
    } catch (error) {
      console.error(`batch ${batch}: ${(error as Error).message}`);
      milliseconds[batch] = null;
    }
  }
  return { milliseconds };
};

/** Images whose vectors are given to the device together. */
const BLOCK = 65_536;

/** Seconds of one question over generated vectors, of the shipped student. */
const ask = async (vectors: number, threads: number) => {
  const model = await loadModel('assets/student-mini.safetensors');
  await using student = await openPredictor(model, { threads });
  const text = await student.textFeatures(encodeText(student, 'is there a red circle?'));
  const block = Math.min(BLOCK, vectors);
  const data = uniform(keyOf(0, 'gpu-check'), new Float32Array(block * student.width)).map((x) => 4 * x - 2);
  const images = { kind: 'float', shares: { shape: [block, student.width], data } } as const;
  const wanted = { chosen: { shape: [1], data: Int32Array.of(0) }, as: 'odds' } as const;
  await Promise.all(Array.from({ length: threads }, () => student.scanFeatures(text, images, wanted)));
  const began = performance.now();
  for (let done = 0; done < vectors; done += threads * block)
    await Promise.all(Array.from({ length: threads }, () => student.scanFeatures(text, images, wanted)));
  return { seconds: (performance.now() - began) / 1000, vectors };
};

const answer =
  request.what === 'parity'
    ? await parity(request.batch, request.gradients)
    : request.what === 'steps'
      ? await steps(request.batches, request.repeats)
      : await ask(request.vectors, request.threads);
console.log(JSON.stringify(answer));
process.exit(0);
