import { readFileSync } from 'node:fs';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Feeds } from '../../data/batch.ts';
import { loadBatches } from '../../data/loader.ts';
import { compile } from '../../engine/runtime/compile.ts';
import { UserError } from '../../errors.ts';
import { preprocessorFor } from '../../inference/preprocessor.ts';
import { createParams } from '../../model/params.ts';
import { forwardPretraining, pretrainingInputs } from '../../model/purposes/pretraining.ts';
import { pretraining, retrieval } from '../../tasks/captions.ts';
import { nlvr2 } from '../../tasks/nlvr2.ts';
import { vqa } from '../../tasks/vqa.ts';
import { type LoadOptions, loadModel } from '../load.ts';
import type { Model } from '../model-file.ts';

/** Models as transformers and PyTorch write them (`test/files/foreign/make.py`), and the logits of transformers. */
const foreign = 'test/files/foreign';
const expected = JSON.parse(readFileSync(`${foreign}/siblings/expected.json`, 'utf8')) as Record<string, number[]>;
const { question } = JSON.parse(readFileSync(`${foreign}/beside/expected.json`, 'utf8')) as { question: string };

let root = '';
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'siblings-'));
});
afterAll(() => rm(root, { recursive: true }));

/** A folder with the usual files of a tokenizer and of a processor beside its weights. */
const folderOf = async (name: string): Promise<string> => {
  const folder = await mkdtemp(join(root, `${name}-`));
  await cp(`${foreign}/beside/usual`, folder, { recursive: true });
  await cp(`${foreign}/siblings/${name}`, folder, { recursive: true });
  return folder;
};

const changed = async (file: string, change: (json: Record<string, never>) => unknown): Promise<string> => {
  const folder = await folderOf('bfloat16');
  const json = JSON.parse(await readFile(join(folder, file), 'utf8'));
  change(json);
  await writeFile(join(folder, file), JSON.stringify(json));
  return folder;
};

const load = async (folder: string, options: LoadOptions = {}) => {
  const warnings: string[] = [];
  const onWarning = (message: string): void => void warnings.push(message.slice(message.indexOf(': ') + 2));
  return { ...(await loadModel(folder, { task: vqa, ...options, onWarning })), warnings };
};

/** The question and its pictures as the model is fed them. */
const feedsOf = async ({ config }: Model): Promise<Feeds> => {
  const images = [`${foreign}/beside/picture.png`, `${foreign}/siblings/picture-2.png`].slice(0, config.images);
  const example = { id: 'one', text: question, images, answers: [] };
  for await (const { feeds } of loadBatches([example], [0], preprocessorFor(config, { batch: 1 }))) return feeds;
  throw new Error('no batch');
};

const expectNear = (logits: ArrayLike<number>, name: string): void => {
  expect(logits).toHaveLength(expected[name]!.length);
  for (const [i, logit] of expected[name]!.entries()) expect(Math.abs(logits[i]! - logit)).toBeLessThan(1e-4);
};

const expectLogits = async (model: Model, name: string): Promise<void> => {
  const logits = model.config.purpose.graphs(model.config).pairs!();
  await using session = await compile({ logits }, { weights: model.weights, threads: 1 });
  expectNear((await session.run<'logits'>(await feedsOf(model))).logits.data, name);
};

describe('a folder of transformers', () => {
  it.each([
    ['shards', []],
    ['shards-pickled', []],
    ['bfloat16', []],
    ['float16-pickled', []],
    ['module-ema', []],
    ['module-model', []],
    ['head-beside', []],
    ['protocol-1', []],
    ['protocol-1-before-1.6', []],
    ['defaults', []],
    ['segments-1', ['text_embeddings.token_type_embeddings.weight has 1 row and becomes 2']],
    ['segments-4', ['text_embeddings.token_type_embeddings.weight has 4 rows and becomes 2']],
    ['no-biases', ['its queries, keys and values have no biases (qkv_bias false): they are zero here']],
  ])('answers as there: %s', async (name, warnings) => {
    const model = await load(await folderOf(name));
    expect(model.warnings).toEqual(warnings);
    expect(model.config.answers).toEqual(['no', 'yes', 'maybe']);
    await expectLogits(model, name);
  });

  it.each([
    ['nlvr2', ['True', 'False'], []],
    [
      'nlvr2-numbered',
      ['False', 'True'],
      ['config.json names no labels: they are taken to be those of nlvr2, False, True, in this order'],
    ],
  ])('judges two pictures as there, with the labels in its order: %s', async (name, answers, warnings) => {
    const model = await load(await folderOf(name), { task: nlvr2 });
    expect(model.config.answers).toEqual(answers);
    expect(model.warnings).toEqual(warnings);
    await expectLogits(model, name);
  });

  it.each(['mlm', 'mlm-own-decoder', 'mlm-pickled'])('fills in masked words as there: %s', async (name) => {
    const model = await load(await folderOf(name), { task: pretraining });
    expect(model.warnings).toEqual(['it has no itm_score, the head for pretraining: a fresh one begins at random']);
    const symbols = pretrainingInputs(model.config.sizes);
    const { words } = forwardPretraining(model.config, createParams(), symbols, { pairs: 'matching' });
    await using session = await compile({ words }, { weights: model.weights, threads: 1 });
    const feeds = await feedsOf(model);
    const masked = { masked_words: feeds.words!, masked_places: { shape: [2], data: Int32Array.of(1, 2) } };
    expectNear((await session.run<'words'>({ ...feeds, ...masked })).words.data, name);
  });

  it('ranks as there', async () => {
    await expectLogits(await load(await folderOf('retrieval'), { task: retrieval }), 'retrieval');
  });
});

describe('a file that cannot be followed', () => {
  it.each([
    ['protocol-0', 'its pickle has operations of protocol 0: save it again with torch.save'],
    ['lora', /it holds 1 matrix of LoRA, such as .*lora_A.default.weight, .*merge_and_unload/],
  ])('says what it has: %s', async (name, message) => {
    const failure = load(await folderOf(name));
    await expect(failure).rejects.toThrow(message);
    await expect(failure).rejects.toThrow(UserError);
  });

  it.each([
    [
      'config.json',
      { id2label: { 0: 'no', 2: 'maybe' } },
      'its head gives 3 answers, and id2label in config.json has no id 1 of them',
    ],
    ['tokenizer.json', { post_processor: { type: 'TemplateProcessing', single: [] } }, 'its post_processor.single is'],
  ])('says which field of %s', async (file, fields, message) => {
    await expect(load(await changed(file, (json) => Object.assign(json, fields)))).rejects.toThrow(message);
  });

  it('refuses the tokenizers that split words by other rules than those of BERT', async () => {
    const folder = await changed('tokenizer_config.json', (json) =>
      Object.assign(json, { tokenizer_class: 'BertJapaneseTokenizer' }),
    );
    await rm(join(folder, 'tokenizer.json'));
    await expect(load(folder)).rejects.toThrow('its tokenizer_class is BertJapaneseTokenizer');
  });
});

describe('a config', () => {
  const fields = (more: object) => (json: Record<string, never>) => Object.assign(json, more);

  it.each([
    [{ id2label: { 2: 'maybe', 0: 'no', 1: 'yes' } }, ['no', 'yes', 'maybe'], []],
    [{ id2label: undefined, label2id: { maybe: 2, no: 0, yes: 1 } }, ['no', 'yes', 'maybe'], []],
    [
      { id2label: { 0: 'no', 1: 'no', 2: 'maybe' } },
      ['no', 'no', 'maybe'],
      [expect.stringContaining('config.json gives 1 class the label of another one ("no")')],
    ],
    [
      { image_size: 16 },
      ['no', 'yes', 'maybe'],
      ['config.json has image_size 16 and the position table is of 8 pixels, which differs: the table is followed'],
    ],
  ])('of %j is followed or told of', async (more, answers, warnings) => {
    const model = await load(await changed('config.json', fields(more)));
    expect(model.config.answers).toEqual(answers);
    expect(model.warnings).toEqual(warnings);
    await expectLogits(model, 'bfloat16');
  });

  it('whose labels are not the answers that are given is told of', async () => {
    const { warnings } = await load(await folderOf('bfloat16'), { answers: ['yes', 'no', 'maybe'] });
    expect(warnings).toEqual([expect.stringContaining('which are taken: "no" and not "yes" at 0')]);
  });

  it('without the file of a processor beside it is told of', async () => {
    const folder = await folderOf('bfloat16');
    await rm(join(folder, 'processor_config.json'));
    expect((await load(folder)).warnings).toEqual([
      expect.stringContaining('neither processor_config.json nor preprocessor_config.json is beside it'),
    ]);
  });
});
