import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { configOf } from '../checkpoints/description.ts';
import { createModel, type Model } from '../checkpoints/model-file.ts';
import { SPECIAL_PIECES } from '../data/tokenizer.ts';
import type { Numbers } from '../engine/numbers.ts';
import { createRuntime } from '../engine/runtime/runtime.ts';
import { openPredictor } from '../inference/open-predictor.ts';
import { tiny } from '../model/sizes.ts';
import { exportedFiles } from './exported.fixture.ts';
import { exportOnnx } from './onnx.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'export-retriever-'));
});
afterAll(() => rm(folder, { recursive: true }));

const retriever = (): Model =>
  createModel(
    configOf(
      {
        ...{ model: 'dide', task: 'retrieval', images: 1, scoring: 'softmax', answers: [], recipe: {} },
        ...{ sizes: { ...tiny, vocabulary: SPECIAL_PIECES.length }, vocabulary: [...SPECIAL_PIECES] },
      },
      'test',
    ),
    3,
  );

const filled = (shape: readonly number[], numberAt: (i: number) => number): Numbers => ({
  shape,
  data: Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => numberAt(i)),
});

/** Two texts of three words, and two images of two patches. */
const feeds: Readonly<Record<string, Numbers>> = {
  words: { shape: [2, 3], data: Int32Array.of(2, 4, 3, 2, 1, 3) },
  word_mask: filled([2, 3], () => 1),
  patches: filled([2, 2, 3 * tiny.patch ** 2], (i) => Math.sin(0.7 * i)),
  patch_mask: filled([2, 2], () => 1),
  patch_positions: filled([2, 2, tiny.grid ** 2], (i) => Math.sin(1.7 * i)),
};

const vectorsOf = async (path: string): Promise<Float32Array> => {
  const runtime = await createRuntime(new Uint8Array(await readFile(path)), { threads: 1 });
  const data = new Float32Array(2 * tiny.width);
  for (const name of runtime.inputs) runtime.bindInput(name, feeds[name]!);
  runtime.bindOutput(runtime.outputs[0]!, { shape: [2, tiny.width], data });
  await runtime.run();
  runtime.close();
  return data;
};

it.each([
  ['fp32', 1e-5],
  ['fp16', 5e-3],
  ['int8', 0.1],
] as const)('a retriever in %s gives vectors of length 1, within %d of its own', async (precision, accepted) => {
  const [to, model] = [join(folder, precision), retriever()];
  const { files, difference, largest, agreed, pairs } = await exportOnnx(model, to, { precision, threads: 1 });
  expect(files.map(({ name }) => name).sort()).toEqual(['image.onnx', 'text.onnx']);
  expect((await readdir(to)).sort()).toEqual(exportedFiles('image.onnx', 'student.json', 'text.onnx'));
  expect(difference / largest).toBeLessThan(accepted);
  expect(largest).toBeGreaterThan(0);
  expect(pairs).toBe(4);
  if (precision === 'fp32') expect(agreed).toBe(4);
  await using predictor = await openPredictor(model, { threads: 1 });
  const expected = {
    'text.onnx': await predictor.textFeatures(feeds),
    'image.onnx': await predictor.imageFeatures(feeds),
  };
  for (const [file, { data }] of Object.entries(expected)) {
    const actual = await vectorsOf(join(to, file));
    for (const row of [0, 1])
      expect(Math.hypot(...actual.subarray(row * tiny.width, (row + 1) * tiny.width))).toBeCloseTo(1, 5);
    for (const [i, number] of data.entries()) expect(Math.abs(actual[i]! - number)).toBeLessThan(accepted);
  }
});

it('the manifest of a retriever names inputs and outputs, and no answers', async () => {
  const to = join(folder, 'manifest');
  await exportOnnx(retriever(), to, { threads: 1 });
  const about = JSON.parse(await readFile(join(to, 'student.json'), 'utf8'));
  expect(Object.keys(about.files).sort()).toEqual(['image.onnx', 'text.onnx']);
  expect(Object.keys(about.files['text.onnx'].outputs)).toEqual(['text_vector']);
  expect(Object.keys(about.files['image.onnx'].outputs)).toEqual(['image_vector']);
  expect(about.answers).toBeUndefined();
});
