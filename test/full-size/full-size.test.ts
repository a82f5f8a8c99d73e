import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadModel } from '../../src/checkpoints/load.ts';
import { positionWeights } from '../../src/data/patches.fixture.ts';
import type { Numbers } from '../../src/engine/numbers.ts';
import { compile } from '../../src/engine/runtime/compile.ts';
import { logitsGraph } from '../../src/export/export-graphs.ts';
import { nlvr2 } from '../../src/tasks/nlvr2.ts';
import type { Task } from '../../src/tasks/task.ts';
import { vqa } from '../../src/tasks/vqa.ts';

/**
 * Full-size random ViLT-B/32 in every layout that people have, held to transformers. It needs a Python with torch and
 * transformers in DIDE_PYTHON, FULL_SIZE=1, 5 GB of disk, 8 GB of memory and minutes:
 *
 *   FULL_SIZE=1 DIDE_PYTHON=python3 npx vitest run test/full-size/full-size.test.ts
 */
const python = process.env.DIDE_PYTHON ?? 'python3';
const isAsked = process.env.FULL_SIZE === '1' && spawnSync(python, ['-c', 'import torch, transformers']).status === 0;

const answers = Array.from({ length: 3129 }, (_, i) => `answer ${i}`);
const [PATCH, GRID, PAIRS] = [32, 12, 9];
let folder = '';
let told: { extents: [number, number][]; texts: number[][]; logits: Record<string, number[][]> };
let pictures: Float32Array[] = [];

beforeAll(async () => {
  if (!isAsked) return;
  folder = await mkdtemp(join(tmpdir(), 'full-size-'));
  const { status, stderr } = spawnSync(python, ['test/full-size/full-size.py', folder], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  told = JSON.parse(await readFile(join(folder, 'expected.json'), 'utf8'));
  pictures = await Promise.all(
    told.extents.map(async (_, i) => {
      const bytes = await readFile(join(folder, `picture-${i}.f32`));
      return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
    }),
  );
}, 1_200_000);
afterAll(async () => {
  if (folder !== '') await rm(folder, { recursive: true });
});

/** Nine pairs in one batch: texts padded to 40, pictures to the most patches. */
const feeds = (images: 1 | 2): Record<string, Numbers> => {
  const words = new Int32Array(PAIRS * 40);
  const mask = new Float32Array(PAIRS * 40);
  for (let row = 0; row < PAIRS; row += 1) {
    const text = told.texts[row % 3]!;
    words.set(text, row * 40);
    mask.fill(1, row * 40, row * 40 + text.length);
  }
  const shape = [PAIRS, 40];
  const first = imageFeeds(0);
  const second = images === 2 ? Object.entries(imageFeeds(1)).map(([name, numbers]) => [`${name}_2`, numbers]) : [];
  return { words: { shape, data: words }, word_mask: { shape, data: mask }, ...first, ...Object.fromEntries(second) };
};

const imageFeeds = (shift: number): Record<string, Numbers> => {
  const [most, size, cells] = [12 * 19, 3 * PATCH * PATCH, GRID * GRID];
  const patches = new Float32Array(PAIRS * most * size);
  const mask = new Float32Array(PAIRS * most);
  const positions = new Float32Array(PAIRS * most * cells);
  for (let row = 0; row < PAIRS; row += 1) {
    const place = (Math.floor(row / 3) + shift) % 3;
    const [rows, columns] = told.extents[place]!;
    for (let cell = 0; cell < rows * columns; cell += 1) {
      patches.set(patchOf(place, cell), (row * most + cell) * size);
      mask[row * most + cell] = 1;
    }
    positions.set(positionWeights(rows, columns, GRID), row * most * cells);
  }
  return {
    patches: { shape: [PAIRS, most, size], data: patches },
    patch_mask: { shape: [PAIRS, most], data: mask },
    patch_positions: { shape: [PAIRS, most, cells], data: positions },
  };
};

const patchOf = (place: number, cell: number): Float32Array => {
  const [rows, columns] = told.extents[place]!;
  const [height, width] = [rows * PATCH, columns * PATCH];
  const [top, left] = [Math.floor(cell / columns) * PATCH, (cell % columns) * PATCH];
  const patch = new Float32Array(3 * PATCH * PATCH);
  for (let line = 0; line < 3 * PATCH; line += 1) {
    const [channel, y] = [Math.floor(line / PATCH), line % PATCH];
    const start = (channel * height + top + y) * width + left;
    patch.set(pictures[place]!.subarray(start, start + PATCH), line * PATCH);
  }
  return patch;
};

const logitsOf = async (path: string, task: Task): Promise<Numbers> => {
  const named = task === vqa ? { answers } : {};
  const { config, weights } = await loadModel(join(folder, path), { task, ...named });
  await using session = await compile({ logits: logitsGraph(config) }, { weights, threads: 1 });
  return (await session.run<'logits'>(feeds(task.images))).logits;
};

describe.skipIf(!isAsked)('a full-size ViLT-B/32, over nine ragged pairs', () => {
  it.each([
    ['vqa.ckpt', vqa],
    ['bin', vqa],
    ['safetensors', vqa],
    ['sharded', vqa],
    ['nlvr2.ckpt', nlvr2],
  ] as const)('loaded from %s answers as it does in transformers', { timeout: 1_200_000 }, async (path, task) => {
    const logits = await logitsOf(path, task);
    const wanted = told.logits[task.name]!.flat();
    const apart = wanted.map((logit, i) => Math.abs(logit - logits.data[i]!));
    const largest = wanted.reduce((most, logit) => Math.max(most, Math.abs(logit)), 0);
    const difference = apart.reduce((most, one) => Math.max(most, one), 0);
    process.stderr.write(`${path}: ${difference.toExponential(1)} apart, largest logit ${largest.toFixed(2)}\n`);
    expect(largest).toBeGreaterThan(0.1);
    expect(difference).toBeLessThan(1e-4);
  });

  it('of two towers is loaded whole, from its .ckpt', { timeout: 1_200_000 }, async () => {
    const { config, weights } = await loadModel(join(folder, 'two-tower.ckpt'), { task: vqa, answers });
    const parameters = [...weights.values()].reduce((sum, { data }) => sum + data.length, 0);
    expect(config.architecture.name).toBe('dide');
    expect(parameters).toBe(206_780_985);
  });
});
