import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { configOf, descriptionOf } from '../checkpoints/description.ts';
import { loadModel } from '../checkpoints/load.ts';
import { createModel, type Model } from '../checkpoints/model-file.ts';
import { SPECIAL_PIECES } from '../data/tokenizer.ts';
import type { Numbers } from '../engine/numbers.ts';
import { compile } from '../engine/runtime/compile.ts';
import { dide, vilt } from '../model/architecture.ts';
import type { ModelConfig } from '../model/config.ts';
import { tiny } from '../model/sizes.ts';
import { vqa } from '../tasks/vqa.ts';
import { logitsGraph } from './export-graphs.ts';
import { exportedFiles } from './exported.fixture.ts';
import { saveHuggingFace } from './hugging-face.ts';
import { type ExportPrecision, exportOnnx } from './onnx.ts';

const config: ModelConfig = configOf(
  {
    model: 'dide',
    sizes: { ...tiny, vocabulary: SPECIAL_PIECES.length },
    task: 'vqa',
    images: 1,
    scoring: 'softmax',
    answers: ['yes', 'no', 'maybe'],
    vocabulary: [...SPECIAL_PIECES],
    recipe: {},
  },
  'test',
);

/** A Python that has the packages, by DIDE_PYTHON or on the path; without one these tests are skipped. */
const python = process.env.DIDE_PYTHON ?? 'python3';
const canImport = (packages: string): boolean => spawnSync(python, ['-c', `import ${packages}`]).status === 0;
const runPython = (code: string, ...args: string[]): string => {
  const { status, stdout, stderr } = spawnSync(python, ['-c', code, ...args], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return stdout;
};

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'export-'));
});
afterAll(() => rm(folder, { recursive: true }));

const sizes: Partial<Record<ExportPrecision, number>> = {};

describe('a student exported as ONNX', () => {
  it.each([
    ['fp32', 1e-5],
    ['fp16', 5e-3],
    ['int8', 0.1],
  ] as const)('in %s answers as the student does, within %d of its largest logit', async (precision, accepted) => {
    const to = join(folder, precision);
    const { files, difference, largest, pairs } = await exportOnnx(createModel(config, 3), to, {
      precision,
      threads: 1,
    });
    sizes[precision] = files.reduce((sum, { bytes }) => sum + bytes, 0);
    expect(difference / largest).toBeLessThan(accepted);
    expect(largest).toBeGreaterThan(0);
    expect(pairs).toBe(8);
    expect((await readdir(to)).sort()).toEqual(exportedFiles('answer.onnx', 'image.onnx', 'student.json', 'text.onnx'));
    expect(JSON.parse(await readFile(join(to, 'student.json'), 'utf8'))).toMatchObject({
      precision,
      answers: ['yes', 'no', 'maybe'],
    });
  });

  it('takes less room the fewer bits it has', () => {
    expect(sizes.fp16!).toBeLessThan(0.75 * sizes.fp32!);
    expect(sizes.int8!).toBeLessThan(sizes.fp16!);
  });

  it.each([
    ['a student of pairs of images', 'dide', 2, ['answer', 'image', 'text']],
    ['a teacher', 'vilt', 1, ['model']],
    ['a teacher of pairs of images', 'vilt', 2, ['model']],
  ] as const)('is also %s', async (_, model, images, names) => {
    const to = join(folder, `${model}-${images}`);
    const exported = await exportOnnx(modelFor(model, images), to, { threads: 1 });
    expect(exported.files.map(({ name }) => name).sort()).toEqual(names.map((name) => `${name}.onnx`));
    expect(exported.difference / exported.largest).toBeLessThan(1e-5);
    expect(exported.pairs).toBe(8);
    const about = JSON.parse(await readFile(join(to, model === 'dide' ? 'student.json' : 'teacher.json'), 'utf8'));
    expect(Object.keys(about.files).sort()).toEqual(names.map((name) => `${name}.onnx`));
  });

  it('tells the images of a pair apart', async () => {
    const { weights } = modelFor('dide', 2);
    const table = weights.get('image_encoder.token_type_embeddings.weight')!;
    table.data.fill(1, 2 * tiny.width);
    const { difference, largest } = await exportOnnx({ config: configFor('dide', 2), weights }, join(folder, 'apart'), {
      threads: 1,
    });
    expect(difference / largest).toBeLessThan(1e-5);
  });

  it('must answer something, or search', async () => {
    const searching = (model: 'vilt' | 'dide') =>
      configOf({ ...descriptionOf(configFor(model, 1)), task: 'retrieval', answers: [] }, 'test');
    const refused = exportOnnx({ config: searching('dide'), weights: new Map() }, join(folder, 'search'));
    await expect(refused).rejects.toThrow('has no itc.text_proj.weight: give one that was trained to retrieve');
    const ranking = { config: searching('vilt'), weights: new Map() };
    await expect(exportOnnx(ranking, join(folder, 'rank'))).rejects.toThrow('gives neither answers nor vectors');
  });

  it.skipIf(!canImport('onnx'))('is valid ONNX', () => {
    const code = `
import glob, sys, onnx
for path in glob.glob(f"{sys.argv[1]}/*/*.onnx"):
    onnx.checker.check_model(path, full_check=True)
    print(path)
`;
    expect(runPython(code, folder).trim().split('\n').length).toBeGreaterThan(10);
  });

  it.skipIf(!canImport('onnxruntime'))("gives the model's numbers in Python's onnxruntime", async () => {
    for (const [model, images] of [
      ['dide', 1],
      ['dide', 2],
      ['vilt', 2],
    ] as const) {
      const source = modelFor(model, images);
      const to = join(folder, `python-${model}-${images}`);
      await exportOnnx(source, to, { threads: 1 });
      const feeds = someFeeds(images);
      await using session = await compile(
        { logits: logitsGraph(source.config) },
        { weights: source.weights, threads: 1 },
      );
      const { logits } = await session.run<'logits'>(feeds);
      const json = Object.fromEntries(
        Object.entries(feeds).map(([name, { shape, data }]) => [name, [shape, [...data], data instanceof Int32Array]]),
      );
      const theirs = JSON.parse(runPython(inPython, to, JSON.stringify(json)).trim()) as number[];
      for (const [i, logit] of logits.data.entries()) expect(theirs[i]).toBeCloseTo(logit, 5);
    }
  });
});

const configFor = (model: 'vilt' | 'dide', images: 1 | 2): ModelConfig => ({
  ...config,
  architecture: model === 'dide' ? dide : vilt,
  ...{ images, task: images === 2 ? 'nlvr2' : 'vqa', sizes: { ...config.sizes, types: 1 + images } },
});

const modelFor = (model: 'vilt' | 'dide', images: 1 | 2): Model => createModel(configFor(model, images), 3);

/** One text of three words about one image, or two, of two patches. */
const someFeeds = (images: 1 | 2): Record<string, Numbers> => {
  const counted = (shape: number[], step: number): Numbers => ({
    shape,
    data: Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => Math.sin(step * i)),
  });
  const ones = (shape: number[]): Numbers => ({ shape, data: new Float32Array(shape.reduce((a, b) => a * b)).fill(1) });
  const image = (suffix: string, step: number): Record<string, Numbers> => ({
    [`patches${suffix}`]: counted([1, 2, 3 * tiny.patch ** 2], step),
    [`patch_mask${suffix}`]: ones([1, 2]),
    [`patch_positions${suffix}`]: counted([1, 2, tiny.grid ** 2], step + 1),
  });
  const words = { shape: [1, 3], data: Int32Array.of(2, 4, 3) };
  return { words, word_mask: ones([1, 3]), ...image('', 0.7), ...(images === 2 ? image('_2', 0.3) : {}) };
};

const inPython = `
import json, os, sys
import numpy as np, onnxruntime
folder = sys.argv[1]
feeds = {name: np.array(data, np.int32 if whole else np.float32).reshape(shape) for name, (shape, data, whole) in json.loads(sys.argv[2]).items()}
def run(file, feeds):
    session = onnxruntime.InferenceSession(f"{folder}/{file}.onnx")
    return session.run(None, {end.name: feeds[end.name] for end in session.get_inputs()})[0]
if os.path.exists(f"{folder}/model.onnx"):
    logits = run("model", feeds)
else:
    shares = {"text_shares": run("text", feeds)}
    for suffix, place in (("", 1), ("_2", 2)):
        if "patches" + suffix not in feeds: continue
        image = {name: feeds[name + suffix] for name in ("patches", "patch_mask", "patch_positions")}
        shares["image_shares" + suffix] = run("image", {**image, "image_place": np.array([place], np.int32)})
    logits = run("answer", shares)
print(json.dumps(logits.ravel().tolist()))
`;

describe('a teacher saved for transformers', () => {
  const files = 'test/files/checkpoint';

  it('holds the very tensors of the folder that it was loaded from', async () => {
    const loaded = await loadModel(`${files}/hf`, { task: vqa });
    await saveHuggingFace(join(folder, 'hf'), loaded);
    const again = await loadModel(join(folder, 'hf'), { task: vqa });
    expect(again.weights).toEqual(loaded.weights);
    expect(again.config).toEqual({ ...loaded.config, recipe: again.config.recipe });
  });

  it('cannot be a student, which transformers does not know', async () => {
    await expect(saveHuggingFace(folder, createModel(config, 1))).rejects.toThrow('no dual encoder');
  });

  const options = { timeout: 300_000 };
  it.skipIf(!canImport('transformers, torch'))(
    'is loaded by from_pretrained and answers as before',
    options,
    async () => {
      await saveHuggingFace(join(folder, 'again'), await loadModel(`${files}/hf`, { task: vqa }));
      const code = `
import json, sys, torch
from transformers import ViltForQuestionAnswering, ViltImageProcessor, BertTokenizer
model, info = ViltForQuestionAnswering.from_pretrained(sys.argv[1], output_loading_info=True)
ViltImageProcessor.from_pretrained(sys.argv[1]); BertTokenizer.from_pretrained(sys.argv[1])
expected = json.load(open(sys.argv[2]))
ids = torch.tensor(expected["ids"]); pixels = torch.tensor(expected["pixels"])
mask = torch.ones(2, 12, 12, dtype=torch.long); mask[0, 8:] = 0
with torch.no_grad():
    logits = model.eval()(input_ids=ids, attention_mask=(ids != 0).long(), pixel_values=pixels, pixel_mask=mask).logits
print(json.dumps([sum(len(v) for v in info.values()), (logits - torch.tensor(expected["logits"])).abs().max().item()]))
`;
      const output = runPython(code, join(folder, 'again'), `${files}/expected.json`);
      const [problems, difference] = JSON.parse(output.trim().split('\n').at(-1)!) as [number, number];
      expect(problems).toBe(0);
      expect(difference).toBeLessThan(1e-5);
    },
  );
});
