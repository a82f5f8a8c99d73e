import { describe, expect, it } from 'vitest';
import type { Numbers } from '../engine/numbers.ts';
import { allocateTensors, readTensor } from './read-tensor.ts';
import { tensorPlan } from './tensor-plan.ts';

type Tensors = Readonly<Record<string, Numbers>>;

const floats = (...data: number[]): Numbers => ({ shape: [data.length], data: Float32Array.from(data) });

/** An open file of these tensors. */
const fileOf = (tensors: Tensors): Parameters<typeof readTensor>[0] => ({
  path: 'a file',
  format: 'safetensors',
  tensors: new Map(Object.entries(tensors).map(([name, { shape }]) => [name, { dtype: 'F32', shape }])),
  metadata: new Map(),
  read: async (name, into) => {
    const { shape, data } = tensors[name]!;
    if (into?.length !== data.length || !(data instanceof Float32Array)) return { shape, data };
    into.set(data);
    return { shape, data: into };
  },
  close: async () => {},
  [Symbol.asyncDispose]: async () => {},
});

const readAll = async (tensors: Tensors): Promise<Record<string, Numbers>> => {
  const file = fileOf(tensors);
  const { shapes, sources } = tensorPlan(file);
  const allocate = allocateTensors(shapes);
  const all: Record<string, Numbers> = {};
  for (const [name, names] of sources) all[name] = await readTensor(file, names, allocate(name));
  return all;
};

describe('tensors of a file, read under our names', () => {
  it.each(['encoder.layer.0.attention.attention', 'transformer.blocks.0.attn'])(
    'have query, key and value of %s as the rows of one, in whatever order they stand',
    async (layer) => {
      const parts = { [`${layer}.value.bias`]: floats(5, 6), [`${layer}.query.bias`]: floats(1, 2) };
      expect(await readAll({ ...parts, [`${layer}.key.bias`]: floats(3, 4) })).toEqual({
        'transformer.blocks.0.attn.qkv.bias': { shape: [6], data: Float32Array.of(1, 2, 3, 4, 5, 6) },
      });
      await expect(readAll({ ...parts, [`${layer}.key.bias`]: floats(3) })).rejects.toThrow('they must be alike');
      await expect(readAll(parts)).rejects.toThrow('of query, key and value it has 2: the file is incomplete');
    },
  );

  it('may stand there under two names, where both are the same', async () => {
    const [bias, name] = [floats(1, 2), 'mlm_score.decoder.bias'];
    expect(await readAll({ 'mlm_score.bias': bias, [name]: bias })).toEqual({ 'mlm_score.bias': bias });
    await expect(readAll({ 'mlm_score.bias': bias, [name]: floats(1, 3) })).rejects.toThrow(
      'a file: mlm_score.bias and mlm_score.decoder.bias are one tensor of the model, and they differ: remove one',
    );
  });

  it('hold floats alone, and no counting buffer', async () => {
    const ids: Numbers = { shape: [2], data: Int32Array.of(0, 1) };
    expect(await readAll({ 'text_embeddings.position_ids': ids })).toEqual({});
    await expect(readAll({ 'pooler.dense.bias': ids })).rejects.toThrow('it holds Int32Array, not float32');
  });
});
