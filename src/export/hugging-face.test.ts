import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { configOf, descriptionOf } from '../checkpoints/description.ts';
import { loadModel } from '../checkpoints/load.ts';
import { createModel } from '../checkpoints/model-file.ts';
import { collate } from '../data/batch.ts';
import { SPECIAL_PIECES } from '../data/tokenizer.ts';
import { compile } from '../engine/runtime/compile.ts';
import { vilt } from '../model/architecture.ts';
import type { ModelConfig } from '../model/config.ts';
import { rankHead } from '../model/heads.ts';
import { inputsFor } from '../model/inputs.ts';
import { createParams } from '../model/params.ts';
import { tiny } from '../model/sizes.ts';
import { pretraining, retrieval } from '../tasks/captions.ts';
import { saveHuggingFace } from './hugging-face.ts';

const python = process.env.DIDE_PYTHON ?? 'python3';
const hasTransformers = spawnSync(python, ['-c', 'import transformers, torch']).status === 0;

const sizes = { ...tiny, vocabulary: SPECIAL_PIECES.length };
const config: ModelConfig = configOf(
  {
    ...{ model: 'vilt', sizes, task: retrieval.name, images: 1, scoring: 'softmax', answers: [], recipe: {} },
    vocabulary: [...SPECIAL_PIECES],
  },
  'test',
);
const teacher = createModel(config, 2);

/** An image of the whole grid, and a text. */
const side = sizes.grid * sizes.patch;
const pixels = Uint8Array.from({ length: side * side * 3 }, (_, i) => (i * i * 31 + 7 * i) % 256);
const words = Int32Array.of(2, 1, 4, 1, 3);

const score = async (): Promise<number> => {
  const p = createParams();
  const [encoded] = vilt.encode(p, inputsFor(sizes), sizes);
  await using session = await compile({ out: rankHead(p, encoded!.pair) }, { weights: teacher.weights, threads: 1 });
  const image = { rows: sizes.grid, columns: sizes.grid, pixels: { width: side, height: side, data: pixels } };
  const { out } = await session.run<'out'>(collate([{ id: 'one', words, images: [image] }], sizes));
  return out.data[0]!;
};

const inPython = `
import json, sys, torch, transformers
model, info = transformers.ViltForImageAndTextRetrieval.from_pretrained(sys.argv[1], output_loading_info=True)
inputs = json.load(open(sys.argv[2]))
ids = torch.tensor([inputs["words"]])
pixels = torch.tensor(inputs["pixels"]).reshape(1, inputs["side"], inputs["side"], 3).permute(0, 3, 1, 2) / 127.5 - 1
with torch.no_grad():
    score = model.eval()(input_ids=ids, attention_mask=torch.ones_like(ids), pixel_values=pixels).logits
print(json.dumps([model.config.architectures[0], sum(len(v) for v in info.values()), score.item()]))
`;

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hugging-face-'));
  await saveHuggingFace(join(folder, 'teacher'), teacher);
});
afterAll(() => rm(folder, { recursive: true }));

describe('a teacher of retrieval saved for transformers', () => {
  it('is a ranking model without labels, and comes back as it was but for the matching head', async () => {
    const config = JSON.parse(await readFile(join(folder, 'teacher', 'config.json'), 'utf8'));
    expect(config).toMatchObject({ architectures: ['ViltForImageAndTextRetrieval'], num_images: -1 });
    expect(Object.keys(config)).not.toContain('id2label');
    const again = await loadModel(join(folder, 'teacher'), { task: retrieval });
    for (const [name, numbers] of teacher.weights)
      if (!name.startsWith('itm_score')) expect(again.weights.get(name), name).toEqual(numbers);
  });

  it.skipIf(!hasTransformers)(
    'is loaded whole by from_pretrained, and scores as before',
    { timeout: 300_000 },
    async () => {
      const inputs = join(folder, 'inputs.json');
      await writeFile(inputs, JSON.stringify({ side, words: [...words], pixels: [...pixels] }));
      const output = spawnSync(python, ['-c', inPython, join(folder, 'teacher'), inputs], { encoding: 'utf8' });
      const [architecture, problems, theirs] = JSON.parse(output.stdout.trim().split('\n').at(-1)!);
      expect([architecture, problems]).toEqual(['ViltForImageAndTextRetrieval', 0]);
      const ours = await score();
      expect(Math.abs(ours)).toBeGreaterThan(1e-3);
      expect(Math.abs(theirs - ours)).toBeLessThan(1e-5);
    },
  );
});

it('a pretrained model is refused before anything is written: transformers has no class with its heads', async () => {
  const answers = await pretraining.answers('');
  const pretrained = createModel(configOf({ ...descriptionOf(config), task: pretraining.name, answers }, 'test'), 1);
  await expect(saveHuggingFace(join(folder, 'none'), pretrained)).rejects.toThrow(
    'its ViltForMaskedLM has no matching head (itm_score)',
  );
  expect(await readdir(folder)).not.toContain('none');
});
