import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { openSafetensors, writeSafetensors } from '../checkpoints/formats/safetensors.ts';
import type { Weights } from '../engine/numbers.ts';
import { UserError } from '../errors.ts';
import { type Checkpoint, loadCheckpoint, saveCheckpoint } from './checkpoint.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'checkpoint-'));
});
afterAll(() => rm(folder, { recursive: true }));

const schema = z.strictObject({ step: z.int(), seed: z.string(), best: z.number().nullable() });

const weights = (scale: number): Weights =>
  new Map([
    ['pooler.dense.weight', { shape: [2, 2], data: Float32Array.of(scale, 0.1 * scale, -0, 1e-38 * scale) }],
    ['itc.logit_scale', { shape: [], data: Float32Array.of(2.6 * scale) }],
  ]);

const sample: Checkpoint<z.infer<typeof schema>> = {
  weights: weights(1),
  first: weights(0.01),
  second: weights(0.0001),
  progress: { step: 120, seed: '18446744073709551615', best: null },
};

it('gives back every bit of weights and moments, and the progress', async () => {
  const path = join(folder, 'run.safetensors');
  await saveCheckpoint(path, sample);
  expect(await loadCheckpoint(path, schema)).toEqual(sample);
});

it('keeps weights under their own names, so that the file is one of weights too', async () => {
  const path = join(folder, 'names.safetensors');
  await saveCheckpoint(path, sample);
  await using file = await openSafetensors(path);
  expect([...file.tensors.keys()]).toEqual([
    'pooler.dense.weight',
    'itc.logit_scale',
    'optimizer.first.pooler.dense.weight',
    'optimizer.first.itc.logit_scale',
    'optimizer.second.pooler.dense.weight',
    'optimizer.second.itc.logit_scale',
  ]);
});

it('accepts parameters that were never trained and so have no moments', async () => {
  const path = join(folder, 'frozen.safetensors');
  const frozen = { ...sample, first: new Map(), second: new Map() };
  await saveCheckpoint(path, frozen);
  expect(await loadCheckpoint(path, schema)).toEqual(frozen);
});

it('refuses a file of weights alone, and progress of another kind', async () => {
  const path = join(folder, 'student.safetensors');
  await writeSafetensors(path, sample.weights);
  await expect(loadCheckpoint(path, schema)).rejects.toThrow(`${path}: it has weights, but no progress`);
  await saveCheckpoint(path, { ...sample, progress: { epoch: 3 } });
  await expect(loadCheckpoint(path, schema)).rejects.toThrow(UserError);
  await expect(loadCheckpoint(path, schema)).rejects.toThrow(/epoch/);
});

it('refuses moments that do not belong to the weights', async () => {
  const path = join(folder, 'moments.safetensors');
  const stranger: Weights = new Map([['fusion.0.bias', { shape: [1], data: Float32Array.of(1) }]]);
  await saveCheckpoint(path, { ...sample, first: stranger, second: stranger });
  await expect(loadCheckpoint(path, schema)).rejects.toThrow(/1 missing:\n {4}fusion.0.bias/);
  await saveCheckpoint(path, { ...sample, second: new Map() });
  await expect(loadCheckpoint(path, schema)).rejects.toThrow(/2 missing:\n {4}pooler.dense.weight/);
});

it('refuses to save progress that would come back changed, and leaves the checkpoint before', async () => {
  const path = join(folder, 'kept.safetensors');
  await saveCheckpoint(path, sample);
  const before = await readFile(path);
  const changed = saveCheckpoint(path, { ...sample, progress: { best: Number.NaN } });
  await expect(changed).rejects.toThrow('not plain JSON');
  expect((await readFile(path)).equals(before)).toBe(true);
});
