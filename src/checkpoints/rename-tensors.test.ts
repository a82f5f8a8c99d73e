import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from 'vitest';
import { countOf, type Numbers, type Weights } from '../engine/numbers.ts';
import { UserError } from '../errors.ts';
import { shapesOf } from './check-shapes.ts';
import { openSafetensors } from './formats/safetensors.ts';
import { fromHuggingFace, toHuggingFace } from './rename-tensors.ts';

const filled = (shape: number[], value: number): Numbers<Float32Array> => ({
  shape,
  data: new Float32Array(countOf(shape)).fill(value),
});

const stored = async (path: string): Promise<Map<string, Numbers>> => {
  await using file = await openSafetensors(`test/parity/${path}`);
  return await file.readAll();
};

/** Everything around the blocks, one whole block, and every head: our name (the original code's), Hugging Face's. */
const pairs = [
  ['text_embeddings.word_embeddings.weight', 'vilt.embeddings.text_embeddings.word_embeddings.weight'],
  ['text_embeddings.position_embeddings.weight', 'vilt.embeddings.text_embeddings.position_embeddings.weight'],
  ['text_embeddings.token_type_embeddings.weight', 'vilt.embeddings.text_embeddings.token_type_embeddings.weight'],
  ['text_embeddings.LayerNorm.bias', 'vilt.embeddings.text_embeddings.LayerNorm.bias'],
  ['token_type_embeddings.weight', 'vilt.embeddings.token_type_embeddings.weight'],
  ['transformer.cls_token', 'vilt.embeddings.cls_token'],
  ['transformer.pos_embed', 'vilt.embeddings.position_embeddings'],
  ['transformer.patch_embed.proj.weight', 'vilt.embeddings.patch_embeddings.projection.weight'],
  ['transformer.patch_embed.proj.bias', 'vilt.embeddings.patch_embeddings.projection.bias'],
  ['transformer.blocks.11.norm1.weight', 'vilt.encoder.layer.11.layernorm_before.weight'],
  ['transformer.blocks.11.attn.proj.weight', 'vilt.encoder.layer.11.attention.output.dense.weight'],
  ['transformer.blocks.11.norm2.bias', 'vilt.encoder.layer.11.layernorm_after.bias'],
  ['transformer.blocks.11.mlp.fc1.weight', 'vilt.encoder.layer.11.intermediate.dense.weight'],
  ['transformer.blocks.11.mlp.fc2.bias', 'vilt.encoder.layer.11.output.dense.bias'],
  ['transformer.norm.weight', 'vilt.layernorm.weight'],
  ['pooler.dense.weight', 'vilt.pooler.dense.weight'],
  ['mlm_score.transform.dense.weight', 'mlm_score.transform.dense.weight'],
  ['mlm_score.transform.LayerNorm.bias', 'mlm_score.transform.LayerNorm.bias'],
  ['mlm_score.decoder.weight', 'mlm_score.decoder.weight'],
  ['itm_score.fc.weight', 'itm_score.fc.weight'],
  ['rank_output.bias', 'rank_output.bias'],
  ['vqa_classifier.0.weight', 'classifier.0.weight'],
  ['vqa_classifier.3.bias', 'classifier.3.bias'],
] as const;

describe('the table of names', () => {
  const ours: Weights = new Map(pairs.map(([name], i) => [name, filled([1], i)]));
  const theirs: Weights = new Map(pairs.map(([, name], i) => [name, filled([1], i)]));

  it('leads from each of our names to Hugging Face’s and back', () => {
    expect([...toHuggingFace(ours)]).toEqual([...theirs]);
    expect([...fromHuggingFace(theirs, 'vqa_classifier')]).toEqual([...ours]);
  });

  it('knows the bare model, whose names have no vilt. before them', () => {
    const bare = new Map([...theirs].map(([name, numbers]) => [name.replace(/^vilt\./, ''), numbers]));
    expect([...toHuggingFace(ours, '')]).toEqual([...bare]);
    expect([...fromHuggingFace(bare, 'vqa_classifier')]).toEqual([...ours]);
  });

  it('keeps names that Hugging Face does not have, such as the fusion layers', () => {
    const fusion: Weights = new Map([
      ['fusion.0.weight', filled([2, 2], 1)],
      ['itc.logit_scale', filled([], 1)],
    ]);
    expect([...fromHuggingFace(fusion)]).toEqual([...fusion]);
    expect([...toHuggingFace(fusion)]).toEqual([...fusion]);
  });
});

describe('query, key and value', () => {
  const layer = 'encoder.layer.0.attention.attention';
  const three = (): Weights =>
    new Map(['query', 'key', 'value'].map((part, i) => [`vilt.${layer}.${part}.weight`, filled([2, 2], i)]));

  it('become the rows of one matrix, in this order, and come back', () => {
    const joined = fromHuggingFace(new Map([...three()].reverse()));
    expect([...joined]).toEqual([
      [
        'transformer.blocks.0.attn.qkv.weight',
        { shape: [6, 2], data: Float32Array.of(0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2) },
      ],
    ]);
    expect([...toHuggingFace(joined)]).toEqual([...three()]);
  });

  it('are an error when one is missing, or of another shape', () => {
    const without = three();
    without.delete(`vilt.${layer}.value.weight`);
    expect(() => fromHuggingFace(without)).toThrow(/query.weight: there is no .*attn.value.weight beside it/);
    const unlike = three().set(`vilt.${layer}.key.weight`, filled([2, 3], 0));
    expect(() => fromHuggingFace(unlike)).toThrow('[2, 2], [2, 3], [2, 2]: they must be alike');
    expect(() => toHuggingFace(new Map([['transformer.blocks.0.attn.qkv.bias', filled([4], 0)]]))).toThrow('4 rows');
  });
});

describe('what cannot be named is an error', () => {
  it('for a head whose task nobody said', () => {
    expect(() => fromHuggingFace(new Map([['classifier.0.weight', filled([1], 0)]]))).toThrow(/give the task/);
  });

  it('for two classifiers, since Hugging Face has one name for both', () => {
    const two: Weights = new Map([
      ['vqa_classifier.0.bias', filled([1], 0)],
      ['nlvr2_classifier.0.bias', filled([1], 1)],
    ]);
    expect(() => toHuggingFace(two)).toThrow('classifier.0.bias: two tensors have this name, and they differ');
  });

  it('for integers that are no position_ids, which are dropped', () => {
    const ids: Numbers = { shape: [1, 2], data: Int32Array.of(0, 1) };
    expect(fromHuggingFace(new Map([['vilt.embeddings.text_embeddings.position_ids', ids]])).size).toBe(0);
    expect(() => fromHuggingFace(new Map([['vilt.pooler.dense.bias', ids]]))).toThrow(UserError);
  });
});

it('takes the bias of the language head under either of its names, and writes both', () => {
  const bias = filled([3], 2);
  const one: Weights = new Map([['mlm_score.bias', bias]]);
  const both: Weights = new Map([...one, ['mlm_score.decoder.bias', bias]]);
  expect([...fromHuggingFace(new Map([['mlm_score.decoder.bias', bias]]))]).toEqual([...one]);
  expect([...fromHuggingFace(both)]).toEqual([...one]);
  expect([...toHuggingFace(one)]).toEqual([...both]);
  expect(() => fromHuggingFace(both.set('mlm_score.bias', filled([3], 1)))).toThrow(/they differ/);
});

it.each([
  ['hf/vqa/model.safetensors', 56],
  ['hf/mlm/model.safetensors', 55],
  ['dide/vqa/student.safetensors', 103],
])('maps all of %s to our names and back without losing a number', async (path, count) => {
  const theirs = await stored(path);
  const ours = fromHuggingFace(theirs, 'vqa_classifier');
  const back = toHuggingFace(ours);
  if (!theirs.has('mlm_score.bias')) back.delete('mlm_score.bias');
  expect(ours.size).toBe(count);
  expect([...ours.keys()].filter((name) => /layer\.|embeddings\.text|vilt|^classifier|query/.test(name))).toEqual([]);
  expect([...back.keys()].sort()).toEqual([...theirs.keys()].sort());
  expect([...theirs].filter(([name, numbers]) => !isDeepStrictEqual(back.get(name), numbers))).toEqual([]);
});

it('names both towers of a student as the original code does', async () => {
  const shapes = shapesOf(fromHuggingFace(await stored('dide/vqa/student.safetensors'), 'vqa_classifier'));
  expect(shapes.get('image_encoder.transformer.blocks.2.attn.qkv.weight')).toEqual([192, 64]);
  expect(shapes.get('image_encoder.transformer.pos_embed')).toEqual([1, 26, 64]);
  expect(shapes.get('text_encoder.text_embeddings.word_embeddings.weight')).toEqual([200, 64]);
  expect(shapes.get('text_encoder.token_type_embeddings.weight')).toEqual([2, 64]);
  expect(shapes.get('text_encoder.pooler.dense.bias')).toEqual([64]);
  expect(shapes.get('fusion.3.weight')).toEqual([64, 128]);
  expect(shapes.get('vqa_classifier.3.weight')).toEqual([10, 128]);
});
