import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createStudent } from '../../src/checkpoints/derive.ts';
import { openSafetensors } from '../../src/checkpoints/formats/safetensors.ts';
import { createModel, type Model } from '../../src/checkpoints/model-file.ts';
import { input } from '../../src/engine/tensor.ts';
import { linear } from '../../src/model/linear.ts';
import { createParams } from '../../src/model/params.ts';
import { vqa } from '../../src/tasks/vqa.ts';
import { type FinetuneOptions, finetune } from '../../src/training/finetune.ts';
import { frozenNames } from '../../src/training/freeze.ts';
import { nanoDescription, writeNano } from '../fixtures/nano.ts';

const home = mkdtempSync(join(tmpdir(), 'freeze-'));
beforeAll(() => writeNano(home, 8), 60_000);
afterAll(() => rmSync(home, { recursive: true, force: true }));

const teacher = createModel(nanoDescription('vilt'), 1);
const student = (encoders: 'apart' | 'shared' = 'apart'): Model => createStudent(teacher, { seed: 3, encoders });

const usual = {
  ...{ task: vqa, data: home, teacher, batch: 4, updates: 4, learningRate: 1e-3, warmup: 0 },
  ...{ dropoutRate: 0.1, weightDecay: 0, threads: 1, checkpointEvery: 1, validateEvery: 4 },
};
type Options = Partial<FinetuneOptions>;

const train = async (model: Model, options: Options, updates = 4): Promise<Model> => {
  for await (const { number } of finetune(model, { ...usual, ...options })) if (number === updates) break;
  return model;
};

const movedIn = (model: Model, before = student().weights): string[] =>
  [...before].flatMap(([name, { data }]) =>
    data.every((x, i) => x === model.weights.get(name)!.data[i]) ? [] : [name],
  );

describe('a frozen encoder', () => {
  it('keeps every bit, and all that is trained without it moves', async () => {
    const all = movedIn(await train(student(), {}));
    const some = movedIn(await train(student(), { freeze: 'image' }));
    expect(all.some((name) => name.startsWith('image_encoder.'))).toBe(true);
    expect(some).toEqual(all.filter((name) => !name.startsWith('image_encoder.')));
  });

  it('has no moments in a checkpoint, from which the run goes on bit for bit', async () => {
    const [peaceful, torn] = [join(home, 'peaceful'), join(home, 'torn')];
    await train(student(), { freeze: 'image', folder: peaceful });
    for (const last of [2, 4]) await train(student(), { freeze: 'image', folder: torn, resume: true }, last);
    for (const file of ['last.safetensors', 'best.safetensors'])
      expect(readFileSync(join(torn, file)).equals(readFileSync(join(peaceful, file))), file).toBe(true);
    await using file = await openSafetensors(join(torn, 'last.safetensors'));
    const names = [...file.tensors.keys()];
    expect(names.filter((name) => name.startsWith('optimizer.first.text_encoder.')).length).toBeGreaterThan(10);
    expect(names.filter((name) => name.startsWith('optimizer.') && name.includes('image_encoder.'))).toEqual([]);
    const thawed = train(student(), { folder: torn, resume: true });
    await expect(thawed).rejects.toThrow(/freeze was image, now not given/);
  });

  it('has no dropout, as nothing that depends on frozen parameters alone', () => {
    const p = createParams({ dropoutRate: 0.5, frozen: (name) => name.startsWith('frozen') });
    const x = input('x', ['batch', 4]);
    const frozen = linear(p.within('frozen'), x, 4);
    expect(p.dropout(frozen, 'a')).toBe(frozen);
    const trained = linear(p.within('trained'), frozen, 4);
    expect(p.dropout(trained, 'b')).not.toBe(trained);
  });
});

describe('names that are frozen', () => {
  const names = ['image_encoder.a', 'text_encoder.blocks.0', 'text_encoder.blocks.1', 'fusion.0.weight'];
  it.each([
    ['image', ['image_encoder.a']],
    ['image, text', names.slice(0, 3)],
    ['blocks\\.[01]', names.slice(1, 3)],
    ['^fusion|image', ['image_encoder.a', 'fusion.0.weight']],
  ])('%s', (freeze, expected) => {
    expect([...frozenNames(names, freeze)]).toEqual(expected);
  });

  it.each([
    ['head', /no parameter matches \/head\/: this model has 4, such as image_encoder.a/],
    ['.', /matches every parameter/],
    ['(', /neither image nor text, nor a regular expression/],
  ])('%s is refused', (freeze, message) => {
    expect(() => frozenNames(names, freeze)).toThrow(message);
  });

  it('image is refused where both encoders share a Transformer, and where the model is a fusion encoder', async () => {
    await expect(train(student('shared'), { freeze: 'image' })).rejects.toThrow(/run through one Transformer/);
    await expect(
      train(createModel(nanoDescription('vilt'), 2), { teacher: undefined, freeze: 'image' }),
    ).rejects.toThrow(/no parameter matches/);
  });
});

it('layer-wise decay slows each layer down by its factor: the first step of AdamW is as long as its learning rate', async () => {
  const before = student().weights;
  const step = (model: Model, name: string): number =>
    Math.max(...model.weights.get(name)!.data.map((x, i) => Math.abs(x - before.get(name)!.data[i]!)));
  const options = { updates: 1, dropoutRate: 0 };
  const [even, decayed] = [await train(student(), options), await train(student(), { ...options, layerDecay: 0.5 })];
  const { depth } = even.config.sizes;
  const ratio = (name: string): number => step(decayed, name) / step(even, name);
  expect(ratio('fusion.0.weight')).toBe(1);
  expect(ratio('image_encoder.transformer.blocks.0.attn.qkv.weight')).toBeCloseTo(0.5 ** depth, 3);
  expect(ratio('text_encoder.text_embeddings.word_embeddings.weight')).toBeCloseTo(0.5 ** (depth + 1), 3);
});
