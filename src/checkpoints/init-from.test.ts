import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create, toBinary } from '@bufbuild/protobuf';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SPECIAL_PIECES } from '../data/tokenizer.ts';
import { countOf, type Numbers } from '../engine/numbers.ts';
import { GraphProtoSchema, ModelProtoSchema, NodeProtoSchema, TensorProtoSchema } from '../engine/onnx/onnx_pb.ts';
import { tiny } from '../model/sizes.ts';
import { configOf } from './description.ts';
import { writeSafetensors } from './formats/safetensors.ts';
import { readImageBackbone } from './image-backbone.ts';
import { initFrom, sizesOfBackbones } from './init-from.ts';
import { createModel } from './model-file.ts';
import { readTextBackbone } from './text-backbone.ts';

const [width, hidden, patch, grid, depth] = [8, 12, 4, 3, 2];

/** Numbers that differ from name to name and from place to place. */
const filled = (name: string, ...shape: number[]): [string, Numbers<Float32Array>] => {
  const start = [...name].reduce((sum, letter) => (7 * sum + letter.charCodeAt(0)) % 1000, 0);
  return [name, { shape, data: Float32Array.from({ length: countOf(shape) }, (_, i) => Math.sin(start + i)) }];
};

/** A ViT by timm's names. */
const timm = new Map([
  filled('cls_token', 1, 1, width),
  filled('pos_embed', 1, 1 + grid * grid, width),
  filled('patch_embed.proj.weight', width, 3, patch, patch),
  filled('patch_embed.proj.bias', width),
  filled('norm.weight', width),
  filled('norm.bias', width),
  filled('head.weight', 10, width),
  ...Array.from({ length: depth }, (_, i) => [
    filled(`blocks.${i}.norm1.weight`, width),
    filled(`blocks.${i}.norm1.bias`, width),
    filled(`blocks.${i}.attn.qkv.weight`, 3 * width, width),
    filled(`blocks.${i}.attn.qkv.bias`, 3 * width),
    filled(`blocks.${i}.attn.proj.weight`, width, width),
    filled(`blocks.${i}.attn.proj.bias`, width),
    filled(`blocks.${i}.ls1.gamma`, width),
    filled(`blocks.${i}.norm2.weight`, width),
    filled(`blocks.${i}.norm2.bias`, width),
    filled(`blocks.${i}.mlp.fc1.weight`, hidden, width),
    filled(`blocks.${i}.mlp.fc1.bias`, hidden),
    filled(`blocks.${i}.mlp.fc2.weight`, width, hidden),
    filled(`blocks.${i}.mlp.fc2.bias`, width),
    filled(`blocks.${i}.ls2.gamma`, width),
  ]).flat(),
]);

type Tensors = ReadonlyMap<string, Numbers<Float32Array>>;

const rows = ({ shape: [all, ...rest], data }: Numbers<Float32Array>, third: number): Numbers<Float32Array> => ({
  shape: [all! / 3, ...rest],
  data: data.slice((third * data.length) / 3, ((third + 1) * data.length) / 3),
});

const dinoNames: readonly (readonly [RegExp, string])[] = [
  [/^blocks\.(\d+)\./, 'encoder.layer.$1.'],
  [/^(cls_token)$/, 'embeddings.$1'],
  [/^pos_embed$/, 'embeddings.position_embeddings'],
  [/^patch_embed\.proj\./, 'embeddings.patch_embeddings.projection.'],
  [/^norm\./, 'layernorm.'],
  [/attn\.proj\./, 'attention.output.dense.'],
  [/ls(\d)\.gamma$/, 'layer_scale$1.lambda1'],
];

/** Tensors by the names of Hugging Face's DINOv2: query, key and value apart. */
const dino = (tensors: Tensors): Map<string, Numbers<Float32Array>> =>
  new Map(
    [...tensors].flatMap(([name, tensor]): [string, Numbers<Float32Array>][] => {
      const theirs = `backbone.${dinoNames.reduce((text, [from, to]) => text.replace(from, to), name)}`;
      if (!theirs.includes('attn.qkv')) return [[theirs, tensor]];
      return ['query', 'key', 'value'].map((part, i) => [
        theirs.replace('attn.qkv', `attention.attention.${part}`),
        rows(tensor, i),
      ]);
    }),
  );

const transposed = ({ shape: [out, within], data }: Numbers<Float32Array>): Numbers<Float32Array> => ({
  shape: [within!, out!],
  data: Float32Array.from(data, (_, i) => data[(i % out!) * within! + Math.floor(i / out!)]!),
});

/** ONNX model as an exporter writes it: matrices transposed and unnamed, positions in two unnamed tables. */
const exported = (tensors: Tensors): Uint8Array => {
  const graph = create(GraphProtoSchema);
  const addTensor = (name: string, { shape, data }: Numbers<Float32Array>): void => {
    const rawData = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    graph.initializer.push(create(TensorProtoSchema, { name, dims: shape.map(BigInt), dataType: 1, rawData }));
  };
  const addNameless = (node: string, tensor: Numbers<Float32Array>): void => {
    const name = `onnx::Any_${graph.node.length}`;
    addTensor(name, tensor);
    graph.node.push(create(NodeProtoSchema, { name: node, opType: 'Any', input: ['x', name] }));
  };
  for (const [name, tensor] of dino(tensors)) {
    const node = `/${name.replaceAll('.', '/').replace(/layer\/(\d+)/, 'layer.$1')}`;
    if (name.endsWith('position_embeddings')) {
      addNameless('/backbone/embeddings/Concat_6', { shape: [1, 1, width], data: tensor.data.slice(0, width) });
      addNameless('/backbone/embeddings/Reshape_1', { shape: [1, grid * grid, width], data: tensor.data.slice(width) });
    } else if (tensor.shape.length === 2 && name.includes('layer')) {
      addNameless(node.replace(/weight$/, 'MatMul'), transposed(tensor));
    } else addTensor(name, tensor);
  }
  return toBinary(ModelProtoSchema, create(ModelProtoSchema, { graph }));
};

const vocabulary = [...SPECIAL_PIECES, 'red', 'star'];
const bert = new Map([
  filled('bert.embeddings.word_embeddings.weight', vocabulary.length, width),
  filled('bert.embeddings.position_embeddings.weight', 64, width),
  filled('bert.embeddings.token_type_embeddings.weight', 2, width),
  filled('bert.embeddings.LayerNorm.gamma', width),
  filled('bert.embeddings.LayerNorm.beta', width),
  filled('bert.encoder.layer.0.output.dense.weight', width, width),
]);

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'backbones-'));
  await writeSafetensors(join(folder, 'timm.safetensors'), timm);
  await writeSafetensors(join(folder, 'dino.safetensors'), dino(timm));
  await writeFile(join(folder, 'dino.onnx'), exported(timm));
  await writeSafetensors(join(folder, 'bert.safetensors'), bert);
  await writeFile(join(folder, 'vocab.txt'), vocabulary.join('\n'));
});
afterAll(() => rm(folder, { recursive: true }));

const backbones = async () => ({
  image: await readImageBackbone(join(folder, 'timm.safetensors'), { heads: 2 }),
  text: await readTextBackbone(join(folder, 'bert.safetensors')),
});

const untrained = async (
  model: 'vilt' | 'dide',
  options: { depth?: number | undefined; image?: number | undefined } = {},
) => {
  const sizes = sizesOfBackbones({ ...tiny, vocabulary: 6, types: 2, image: 12 }, await backbones(), options);
  const words = [...SPECIAL_PIECES, 'star'];
  const config = { model, sizes, task: 'vqa', images: 1, scoring: 'softmax', recipe: {} } as const;
  return createModel(configOf({ ...config, answers: ['no', 'yes'], vocabulary: words }, 'test'), 5);
};

describe('a ViT to initialise from', () => {
  it('folds its LayerScale into the linear layer before it', async () => {
    const { weights, sizes, unused } = (await backbones()).image;
    expect(sizes).toEqual({ width, hidden, patch, grid, depth, heads: 2 });
    expect(unused).toEqual(['head.weight']);
    const folded = weights.get('transformer.blocks.1.mlp.fc2.weight')!.data;
    const [before, scale] = ['mlp.fc2.weight', 'ls2.gamma'].map((name) => timm.get(`blocks.1.${name}`)!.data);
    for (const [i, value] of folded.entries()) {
      expect(value).toBeCloseTo(before![i]! * scale![Math.floor(i / hidden)]!, 6);
    }
    expect([...weights.keys()].filter((name) => /ls\d|scale/.test(name))).toEqual([]);
  });

  it('is the same by the names of timm, of Hugging Face, and in an ONNX export', async () => {
    const { weights } = (await backbones()).image;
    for (const name of ['dino.safetensors', 'dino.onnx']) {
      const other = await readImageBackbone(join(folder, name), { heads: 2 });
      expect(new Map([...other.weights].sort())).toEqual(new Map([...weights].sort()));
    }
  });

  it('is refused where it is something else', async () => {
    await expect(readImageBackbone(join(folder, 'bert.safetensors'))).rejects.toThrow('give a plain ViT');
    await expect(readTextBackbone(join(folder, 'timm.safetensors'))).rejects.toThrow('give a BERT');
    await writeFile(join(folder, 'no.onnx'), 'no model at all');
    await expect(readImageBackbone(join(folder, 'no.onnx'))).rejects.toThrow('no.onnx: it is');
  });
});

describe('a model that is initialised from a ViT and a BERT', () => {
  it('has both in it, and says what is left to chance', async () => {
    const { model, random, words } = initFrom(await untrained('vilt'), await backbones());
    const qkv = model.weights.get('transformer.blocks.1.attn.qkv.weight')!.data;
    expect(qkv).toEqual(timm.get('blocks.1.attn.qkv.weight')!.data);
    const positions = model.weights.get('text_embeddings.position_embeddings.weight')!;
    expect(positions.shape).toEqual([40, width]);
    expect(words).toBe(6);
    const table = model.weights.get('text_embeddings.word_embeddings.weight')!.data;
    const star = bert.get('bert.embeddings.word_embeddings.weight')!.data.slice(6 * width);
    expect(table.slice(5 * width)).toEqual(star);
    expect(random.map((name) => name.replace(/\.(weight|bias)$/, ''))).toEqual(
      expect.arrayContaining(['token_type_embeddings', 'pooler.dense', 'vqa_classifier.0']),
    );
    expect(random.filter((name) => /^(transformer|text_embeddings)/.test(name))).toEqual([]);
  });

  it('may be a dual encoder, less deep, for larger pictures', async () => {
    const before = await untrained('dide', { depth: 1, image: 20 });
    const { model, random } = initFrom(before, await backbones());
    expect(model.config.sizes).toMatchObject({ depth: 1, grid: 5, image: 20 });
    for (const tower of ['text_encoder', 'image_encoder']) {
      const fc1 = model.weights.get(`${tower}.transformer.blocks.0.mlp.fc1.weight`)!.data;
      expect(fc1).toEqual(timm.get('blocks.0.mlp.fc1.weight')!.data);
    }
    const places = model.weights.get('image_encoder.transformer.pos_embed')!;
    expect(places.shape).toEqual([1, 26, width]);
    expect(places.data.slice(-width)).toEqual(timm.get('pos_embed')!.data.slice(-width));
    expect(random).toContain('fusion.0.weight');
    expect(before.weights.get('image_encoder.transformer.pos_embed')!.data).not.toEqual(places.data);
  });

  it('is not deeper than the ViT, nor of two widths', async () => {
    const { image, text } = await backbones();
    expect(() => sizesOfBackbones(tiny, { image }, { depth: 3 })).toThrow('the ViT has 2 layers');
    expect(() => sizesOfBackbones(tiny, { text })).toThrow('are 8 wide and the model 32');
  });
});
