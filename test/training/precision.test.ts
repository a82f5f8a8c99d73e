import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createStudent } from '../../src/checkpoints/derive.ts';
import { createModel, type Model } from '../../src/checkpoints/model-file.ts';
import { vqa } from '../../src/tasks/vqa.ts';
import { type FinetuneOptions, finetune } from '../../src/training/finetune.ts';
import type { TrainStep } from '../../src/training/options.ts';
import { checkTrainingPrecision } from '../../src/training/updates/precision.ts';
import { nanoDescription, writeNano } from '../fixtures/nano.ts';

const home = mkdtempSync(join(tmpdir(), 'precision-'));
const scenes = join(home, 'scenes');
beforeAll(() => writeNano(scenes), 60_000);
afterAll(() => rmSync(home, { recursive: true, force: true }));

const teacher = createModel(nanoDescription('vilt'), 1);
const given = { task: vqa, teacher, data: scenes, batch: 16, learningRate: 1e-3, threads: 1, seed: 5 };

interface Trained {
  readonly steps: readonly TrainStep[];
  readonly warnings: readonly string[];
  readonly model: Model;
}

/** Trains a student, until it has done so many updates. */
const trained = async (options: Partial<FinetuneOptions>, until = Number.POSITIVE_INFINITY): Promise<Trained> => {
  const [steps, warnings, model]: [TrainStep[], string[], Model] = [[], [], createStudent(teacher)];
  const onWarning = (message: string): void => void warnings.push(message);
  for await (const step of finetune(model, { ...given, validateEvery: 1000, onWarning, ...options })) {
    steps.push(step);
    if (step.number === until) break;
  }
  return { steps, warnings, model };
};

const totals = ({ steps }: Trained): number[] => steps.map(({ losses }) => losses.total!);

describe('a training in 16 bits', () => {
  it('in bf16 has losses within 1 % of those of float32 over 100 updates, and says that the CPU rounds', async () => {
    const [exact, rounded] = [await trained({ updates: 100 }), await trained({ updates: 100, precision: 'bf16' })];
    const [before, after] = [totals(exact), totals(rounded)];
    for (const [i, total] of after.entries())
      expect(Math.abs(total / before[i]! - 1), `update ${i + 1}`).toBeLessThan(0.01);
    expect(after).not.toEqual(before);
    expect(rounded.warnings).toEqual([
      'bf16: the CPU rounds as a GPU would, and computes in float32: it is slower than float32',
    ]);
  }, 300_000);

  it('in fp16 scales the loss: the gradient and the losses are those of float32, and nothing is skipped', async () => {
    const [exact, rounded] = [await trained({ updates: 20 }), await trained({ updates: 20, precision: 'fp16' })];
    for (const [i, { gradientNorm, losses, lossScale }] of rounded.steps.entries()) {
      expect(Math.abs(losses.total! / exact.steps[i]!.losses.total! - 1)).toBeLessThan(0.01);
      expect(Math.abs(gradientNorm / exact.steps[i]!.gradientNorm - 1)).toBeLessThan(0.05);
      expect(lossScale).toEqual({ factor: 65536, good: i + 1, skipped: 0 });
    }
    expect(exact.steps[0]!.lossScale).toBeUndefined();
  }, 300_000);

  it('in fp16 skips updates whose gradient overflows, halves the scale, counts and tells them, and goes on', async () => {
    const options = { updates: 12, precision: 'fp16', losses: { soft: 60, attention: 1 } } as const;
    const folder = join(home, 'overflow');
    const whole = await trained(options);
    const skipped = whole.steps.filter(({ gradientNorm }) => !Number.isFinite(gradientNorm));
    expect(skipped.length).toBeGreaterThan(0);
    expect(skipped.length).toBeLessThan(12);
    const end = whole.steps.at(-1)!;
    expect(end.gradientNorm).toBeGreaterThan(0);
    expect(end.lossScale).toEqual({
      factor: 65536 / 2 ** skipped.length,
      good: 12 - skipped.length,
      skipped: skipped.length,
    });
    const told = whole.warnings.filter((message) => message.includes('too large for fp16'));
    expect(told).toHaveLength(skipped.length);
    expect(told[0]).toBe(
      'update 1: its gradient is too large for fp16: it is skipped (the 1. so far), and the loss is multiplied by 32768 from now on',
    );
    const still = await trained(options, 1);
    for (const [name, { data }] of createStudent(teacher).weights)
      expect(still.model.weights.get(name)!.data).toEqual(data);

    const first = await trained({ ...options, folder }, skipped.length + 1);
    const rest = await trained({ ...options, folder, resume: true });
    expect(rest.steps[0]!.number).toBe(first.steps.length + 1);
    expect(totals(rest)).toEqual(totals(whole).slice(first.steps.length));
    expect(rest.steps.at(-1)!.lossScale).toEqual(end.lossScale);
    for (const [name, { data }] of whole.model.weights) expect(rest.model.weights.get(name)!.data).toEqual(data);
  }, 300_000);

  it('stays a run of its own, and is refused where the device has no such products', async () => {
    const folder = join(home, 'own');
    await trained({ updates: 4, precision: 'bf16', folder }, 1);
    await expect(trained({ updates: 4, folder, resume: true })).rejects.toThrow(/precision was bf16, now not given/);
    expect(() => checkTrainingPrecision('bf16', 'webgpu')).toThrow(
      /webgpu has no products of it: take float32 or fp16/,
    );
    expect(() => checkTrainingPrecision('fp16', 'webgpu')).not.toThrow();
    expect(() => checkTrainingPrecision('bf16', 'cuda')).not.toThrow();
  }, 60_000);
});
