import { readFileSync } from 'node:fs';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { compile } from '../engine/runtime/compile.ts';
import { textEncoder } from '../model/dual-encoder.ts';
import { inputsFor } from '../model/inputs.ts';
import { createParams } from '../model/params.ts';
import { tiny } from '../model/sizes.ts';
import { configOf } from './description.ts';
import { openSafetensors, writeSafetensors } from './formats/safetensors.ts';
import { initFrom, sizesOfBackbones } from './init-from.ts';
import { createModel } from './model-file.ts';
import { withoutBuffers } from './rename-tensors.ts';
import { readTextBackbone } from './text-backbone.ts';

// a BERT with random weights as Hugging Face writes it, and what it computes: test/files/make_bert.py
const folder = new URL('../../test/files/bert/', import.meta.url).pathname;
const expected = JSON.parse(readFileSync(`${folder}expected.json`, 'utf8')) as {
  readonly ids: number[][];
  readonly mean: number[][];
  readonly first: number[][];
};
const whole = { part: 'whole' } as const;

it('is the text encoder of a dual encoder, and computes what transformers does', async () => {
  const text = await readTextBackbone(`${folder}model.safetensors`, whole);
  expect(text.transformer).toEqual({
    ...{ depth: 2, heads: 4, hidden: 12, epsilon: 1e-12, norm: 'after', summary: 'mean' },
  });
  const usual = { ...tiny, width: 8, depth: 3, vocabulary: text.vocabulary.length, words: 6 };
  const sizes = sizesOfBackbones(usual, { text });
  expect(sizes.depth).toBe(3);
  const untrained = createModel(
    configOf(
      {
        ...{ model: 'dide', sizes, task: 'retrieval', images: 1, scoring: 'softmax', recipe: {} },
        ...{ answers: [], vocabulary: text.vocabulary },
      },
      'test',
    ),
    0,
  );
  const { model, random } = initFrom(untrained, { text });
  expect(random.filter((name) => name.startsWith('text_encoder.') && !name.includes('pooler'))).toEqual([]);
  for (const summary of ['mean', 'first'] as const) {
    const own = { ...sizes, text: { ...text.transformer!, summary } };
    const vectors = textEncoder(createParams(), inputsFor(sizes).text, own).first;
    await using session = await compile({ vectors }, { weights: model.weights, threads: 1 });
    const found = await session.run<'vectors'>({
      words: { shape: [2, 5], data: Int32Array.from(expected.ids.flat()) },
      word_mask: { shape: [2, 5], data: Float32Array.from(expected.ids.flat(), (id) => (id === 0 ? 0 : 1)) },
    });
    const apart = expected[summary].flat().map((value, i) => Math.abs(value - found.vectors.data[i]!));
    expect(Math.max(...apart)).toBeLessThan(1e-5);
  }
});

it('has heads for 64 of its width each and [CLS] for a vector, where nothing beside the file says another', async () => {
  const bare = await mkdtemp(join(tmpdir(), 'bert-'));
  for (const name of ['model.safetensors', 'vocab.txt']) await copyFile(`${folder}${name}`, join(bare, name));
  const { transformer } = await readTextBackbone(join(bare, 'model.safetensors'), whole);
  expect(transformer).toMatchObject({ heads: 1, norm: 'after' });
  expect(transformer).not.toHaveProperty('summary');
  await rm(bare, { recursive: true });
});

it('is refused where a part of it is missing', async () => {
  const torn = await mkdtemp(join(tmpdir(), 'bert-'));
  await using file = await openSafetensors(`${folder}model.safetensors`);
  const kept = [...file.tensors.keys()].filter((name) => !name.includes('layer.1.output.LayerNorm'));
  const tensors = await Promise.all(kept.map(async (name) => [name, await file.read(name)] as const));
  await writeSafetensors(join(torn, 'model.safetensors'), withoutBuffers(new Map(tensors)), {});
  await copyFile(`${folder}vocab.txt`, join(torn, 'vocab.txt'));
  await expect(readTextBackbone(join(torn, 'model.safetensors'), whole)).rejects.toThrow(
    /no whole Transformer of a BERT/,
  );
  await rm(torn, { recursive: true });
});
