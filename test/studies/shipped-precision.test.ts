import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { collate, preprocessorFor } from '../../src/data.ts';
import { type Example, loadModel, type Model, openPredictor, saveModel, vqa } from '../../src/index.ts';
import { shippedFile } from '../../src/studies/shipped/files.ts';
import { writeMiniScenes } from '../../src/studies/shipped/mini-scenes.ts';

let folder: string;
let examples: Example[];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dide-precision-'));
  await writeMiniScenes(join(folder, 'scenes'), { seed: 77, pairs: 1, heldOutPairs: 60 });
  examples = await vqa.read(join(folder, 'scenes'), 'test-iid');
}, 120_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Logits of all examples in one batch: [examples, answers]. */
const logitsOf = async (model: Model): Promise<Float32Array> => {
  const { prepare, collate: rule } = preprocessorFor(model.config, { batch: examples.length });
  await using predictor = await openPredictor(model, { threads: 1 });
  const { data } = await predictor.logits(collate(await Promise.all(examples.map((one) => prepare(one))), rule));
  return Float32Array.from(data);
};

it('float16 in the file halves the teacher, and moves its logits by less than would change an answer', async () => {
  const [whole, path] = [shippedFile('teacher-mini'), join(folder, 'half.safetensors')];
  const model = await loadModel(whole);
  await saveModel(path, model, { dtype: 'F16' });
  const half = await loadModel(path);
  expect(half.config.recipe).toEqual(model.config.recipe);
  expect((await stat(path)).size).toBeLessThan(
    0.53 * 4 * [...model.weights.values()].reduce((n, { data }) => n + data.length, 0),
  );
  const [before, after] = [await logitsOf(model), await logitsOf(half)];
  const answers = model.config.answers.length;
  const best = (logits: Float32Array): number[] =>
    examples.map((_, i) => {
      const row = [...logits.subarray(i * answers, (i + 1) * answers)];
      return row.indexOf(Math.max(...row));
    });
  expect(best(after)).toEqual(best(before));
  const moved = Math.max(...before.map((logit, i) => Math.abs(logit - after[i]!)));
  const largest = Math.max(...before.map(Math.abs));
  expect(moved).toBeGreaterThan(0);
  expect(moved / largest).toBeLessThan(5e-3);
}, 120_000);
