import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { configOf } from '../../src/checkpoints/description.ts';
import { declareParams } from '../../src/checkpoints/model-file.ts';
import { toHuggingFace } from '../../src/checkpoints/rename-tensors.ts';
import { countOf, type Weights } from '../../src/engine/numbers.ts';
import { tiny } from '../../src/model/sizes.ts';
import { writePyTorch } from '../fixtures/pytorch-file.ts';

const files = 'test/files/checkpoint';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'load-memory-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** All parameters of a fusion encoder of 102 MB, as Hugging Face names and cuts them. */
const largeWeights = (vocabulary: number): Weights => {
  const sizes = { ...tiny, width: 512, heads: 8, depth: 8, hidden: 2048, vocabulary };
  const answers = ['no', 'yes', 'maybe'];
  const vilt = { model: 'vilt', task: 'vqa', images: 1, scoring: 'softmax' } as const;
  const config = configOf({ ...vilt, sizes, answers, vocabulary: [], recipe: {} }, 'test');
  const filled = [...declareParams(config).declared].map(([name, { shape }]) => {
    const data = new Float32Array(countOf(shape)).fill(0.5);
    return [name, { shape, data }] as const;
  });
  return toHuggingFace(new Map(filled));
};

it('a checkpoint is loaded within 1.3 times the memory of its tensors, beyond what Node takes', async () => {
  const pieces = `${files}/hf/vocab.txt`;
  const vocabulary = (await readFile(pieces, 'utf8')).trim().split('\n').length;
  const large = join(folder, 'large.bin');
  await writePyTorch(large, largeWeights(vocabulary));
  const child = ['--import', 'tsx', 'test/full-size/load-memory.child.ts', `${files}/vilt.ckpt`, large, pieces];
  const { stdout, stderr } = spawnSync(process.execPath, child, { encoding: 'utf8' });
  expect(stderr).toBe('');
  const { bytes, growth } = JSON.parse(stdout) as { bytes: number; growth: number };
  expect(bytes).toBeGreaterThan(100e6);
  expect(growth / bytes).toBeGreaterThan(0.8);
  expect(growth / bytes).toBeLessThan(1.3);
});
