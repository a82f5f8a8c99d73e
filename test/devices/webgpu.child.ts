/**
 * Computes on a device, in a process of its own, and prints JSON on stdout:
 * `node --import tsx test/devices/webgpu.child.ts <device> <what> <folder>`.
 */

import { createStudent } from '../../src/checkpoints/derive.ts';
import { createModel } from '../../src/checkpoints/model-file.ts';
import { exp, matmul } from '../../src/engine/ops.ts';
import type { Device } from '../../src/engine/runtime/backend.ts';
import { compile } from '../../src/engine/runtime/compile.ts';
import { setDefaultDevice } from '../../src/engine/runtime/device.ts';
import { makeResident } from '../../src/engine/runtime/resident.ts';
import { input, parameter } from '../../src/engine/tensor.ts';
import { answer } from '../../src/inference/answer.ts';
import { openPredictor } from '../../src/inference/open-predictor.ts';
import { vqa } from '../../src/tasks/vqa.ts';
import { finetune } from '../../src/training/finetune.ts';
import { nanoDescription } from '../fixtures/nano.ts';

const [device, what, folder] = process.argv.slice(2) as [Device, string, string];
setDefaultDevice(device);

const models = () => {
  const teacher = createModel(nanoDescription('vilt'), 1);
  return { teacher, student: createStudent(teacher, { seed: 2 }) };
};

/** Options of 20 updates of a training. */
const training = {
  task: vqa,
  data: folder,
  updates: 20,
  batch: 8,
  clip: 1,
  seed: 3,
  dropoutRate: 0.1,
  validateEvery: 20,
};

const works: Readonly<Record<string, () => Promise<unknown>>> = {
  /** A weight that is read and written on the device, and on the host once it is asked for. */
  resident: async () => {
    const weight = { shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) };
    await using resident = await makeResident([weight], device);
    const product = matmul(parameter('w', [2, 2]), input('x', [2, 2]));
    const options = { parameters: new Map([['w', weight]]), into: { product: weight } };
    await using session = await compile({ product }, options);
    for (let run = 0; run < 2; run += 1) await session.run({ x: { shape: [2, 2], data: Float32Array.of(1, 1, 0, 1) } });
    const before = [...weight.data];
    resident.download([weight]);
    return { before, after: [...weight.data] };
  },
  /** A graph of float64, for which no GPU of WebGPU has kernels. */
  unsupported: async () => {
    const graph = { out: exp(input('x', ['count'])) };
    const refused = await compile(graph, { precision: 'float64' }).then(
      () => 'nothing',
      (error: Error) => error.message,
    );
    await using session = await compile(graph, { precision: 'float64', unsupported: 'on-cpu' });
    const { out } = await session.run({ x: { shape: [1], data: Float64Array.of(1) } });
    return { refused, out: out!.data[0] };
  },
  answers: async () => {
    const examples = await vqa.read(folder, 'validation');
    await using predictor = await openPredictor(models().student);
    const answers: unknown[] = [];
    for (const { images, text } of examples.slice(0, 12))
      answers.push((await answer(predictor, images[0]!, text, { top: 1 }))[0]);
    return answers;
  },
  training: async () => {
    const { teacher, student } = models();
    const losses: number[] = [];
    for await (const step of finetune(student, { ...training, teacher })) losses.push(step.losses.total!);
    return losses;
  },
  resumed: async () => {
    const losses: number[] = [];
    for (const until of [7, 20]) {
      const { teacher, student } = models();
      const run = { folder: `${folder}-${device}`, resume: true };
      for await (const step of finetune(student, { ...training, ...run, teacher })) {
        losses.push(step.losses.total!);
        if (step.number === until) break;
      }
    }
    return losses;
  },
};

console.log(JSON.stringify(await works[what]!()));
