import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import type { Model } from '../../src/checkpoints/model-file.ts';
import { retrieval } from '../../src/tasks/captions.ts';
import { type FinetuneOptions, finetune } from '../../src/training/finetune.ts';
import type { TrainStep } from '../../src/training/options.ts';
import { writeColourScenes } from '../fixtures/colours.ts';

/** Makes coloured scenes with captions before the tests of a file, and a training over them with its usual options. */
export const retrievalForTests = (options: Partial<FinetuneOptions>) => {
  const home = mkdtempSync(join(tmpdir(), 'retrieval-'));
  const data = join(home, 'scenes');
  let vocabulary: string[];
  beforeAll(async () => {
    vocabulary = await writeColourScenes(data);
  }, 60_000);
  afterAll(() => rmSync(home, { recursive: true, force: true }));
  const usual = { task: retrieval, batch: 8, threads: 1, dropoutRate: 0.1, ...options };
  const run = async (model: Model, teacher: Model | undefined, more: Partial<FinetuneOptions> = {}) => {
    const steps: TrainStep[] = [];
    for await (const step of finetune(model, { ...usual, teacher, data, ...more })) steps.push(step);
    return steps;
  };
  return { home, data, usual, run, vocabulary: () => vocabulary };
};

/** Mean of a loss over some steps. */
export const mean = (steps: readonly TrainStep[], name: string): number =>
  steps.reduce((sum, { losses }) => sum + losses[name]!, 0) / steps.length;
