import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { UserError } from '../errors.ts';
import { nlvr2 } from '../tasks/nlvr2.ts';
import { vqa } from '../tasks/vqa.ts';
import { openPyTorch } from './formats/pytorch/pytorch.ts';
import { readImageBackbone } from './image-backbone.ts';
import { inspectCheckpoint } from './inspect.ts';
import { loadModel } from './load.ts';
import type { Model } from './model-file.ts';

/** Checkpoints as other programs leave them (`test/files/foreign/make.py`), all of one tiny ViLT. */
const wrapped = 'test/files/foreign/wrapped';
const pickled = 'test/files/foreign/pickled';
const vocabulary = readFileSync('test/files/foreign/vocab.txt', 'utf8').trim().split('\n');

const load = async (name: string, weights?: string): Promise<Model & { readonly warnings: readonly string[] }> => {
  const warnings: string[] = [];
  const facts = { task: vqa, answers: ['no', 'yes', 'maybe'], vocabulary, heads: 2 };
  const onWarning = (message: string): void => void warnings.push(message);
  return { ...(await loadModel(`${wrapped}/${name}`, { ...facts, weights, onWarning })), warnings };
};

it.each([
  ['data-parallel.bin', []],
  ['compiled.bin', []],
  ['compiled-inside.bin', []],
  ['averaged-model.bin', ['1 tensor left out, no part of the model: n_averaged']],
  ['whole-module.pt', []],
  ['open-clip.pt', []],
  ['lightning.ckpt', ['1 tensor left out, no part of the model: accuracy.total']],
  ['deepspeed.pt', []],
  ['net.pth', []],
  ['fsdp.pth', []],
  ['in-tuple.pth', []],
  ['number-key.pth', []],
  ['checkpoint.pth', []],
  ['student.safetensors', []],
  ['ema-alone.pth', []],
])('%s holds the weights of the model that was wrapped', async (name, left) => {
  const { weights, warnings } = await load(name);
  expect(weights).toEqual((await load('plain.ckpt')).weights);
  expect(warnings).toEqual(left.map((sentence) => `${wrapped}/${name}: ${sentence}`));
});

it.each([
  ['ema.pth', 'state_dict_ema', 32, 'weights without a prefix'],
  ['ema-nested.pth', 'ema.module.module', 32, 'weights without a prefix'],
  ['ema-lightning.ckpt', 'ema_model', 33, 'model'],
  ['ema-joined.pth', 'ema', 32, 'weights without a prefix'],
  ['ema-lit.ckpt', 'model_ema', 33, 'model'],
])('%s says that it has two sets of weights, and gives the one that is asked for', async (name, ema, count, usual) => {
  const [model, average] = [await load(name), await load(name, 'ema')];
  expect(model.weights).toEqual((await load('plain.ckpt')).weights);
  expect(model.warnings).toEqual([
    `${wrapped}/${name}: ${count} tensors of ${ema} left out: ${usual} taken instead (--weights ${ema} takes them)`,
  ]);
  expect(average.weights).toEqual((await load('average.ckpt')).weights);
  expect(average.config.recipe).toMatchObject({ weights: 'ema' });
  expect((await load(name, ema)).weights).toEqual(average.weights);
  expect((await inspectCheckpoint(`${wrapped}/${name}`)).notices?.join()).toContain(`${count} tensors of ${ema}`);
});

it('names the models of a file that has several, and the sets of one that lacks what is asked for', async () => {
  await expect(load('two-models.pth')).rejects.toThrow('it holds first, second: say which (--weights NAME)');
  expect((await load('two-models.pth', 'second')).weights).toEqual((await load('average.ckpt')).weights);
  await expect(load('ema.pth', 'teacher')).rejects.toThrow(
    'it holds weights without a prefix, state_dict_ema: --weights teacher names none of them',
  );
});

it('says of names that are joined, without the weights that they are an average of, that they are', async () => {
  await expect(load('ema-joined-alone.pth')).rejects.toThrow(
    /ema-joined-alone\.pth: the parts of its names are joined, such as ema_text_embeddings_word_embeddings_weight, and/,
  );
});

it('refuses weights that are no numbers, with their tensor and place', async () => {
  const failure = load('nan.ckpt');
  await expect(failure).rejects.toThrow(
    'nan.ckpt: 1 of the 192 numbers of transformer.blocks.0.attn.qkv.weight are NaN or infinite, the first (NaN) at 27',
  );
  await expect(failure).rejects.toThrow(UserError);
});

it.each([
  ...['enum', 'class-in-a-class', 'methods', 'types', 'iterators', 'functions', 'bytes', 'signal', 'protocol-4'],
])('reads weights beside harmless values of Python: %s', async (name) => {
  await using file = await openPyTorch(`${pickled}/${name}.ckpt`);
  expect([...(await file.read('weight')).data]).toEqual([0, 1, 2]);
});

it.each([
  ['three-images.safetensors', nlvr2, 'its head reads 3 images and nlvr2 asks about 2: heads over more than 2 images'],
  ['linear-head.safetensors', vqa, 'vqa_classifier.weight [3, 8], and no vqa_classifier.0.weight: the heads of ViLT'],
] as const)('says of %s what its head is', async (name, task, message) => {
  await expect(loadModel(`${wrapped}/${name}`, { task, heads: 2, vocabulary })).rejects.toThrow(message);
});

it('says of a DeiT that it has a second class token, and nothing of heads', async () => {
  await expect(readImageBackbone(`${wrapped}/deit.safetensors`)).rejects.toThrow(
    /its position table has 6 rows, .*DeiT's with its distillation token/,
  );
});
