import { readFileSync } from 'node:fs';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadBatches } from '../../data/loader.ts';
import { compile } from '../../engine/runtime/compile.ts';
import { UserError } from '../../errors.ts';
import { saveHuggingFace } from '../../export/hugging-face.ts';
import { openPredictor } from '../../inference/open-predictor.ts';
import { preprocessorFor } from '../../inference/preprocessor.ts';
import { forward } from '../../model/forward.ts';
import { inputsFor } from '../../model/inputs.ts';
import { createParams } from '../../model/params.ts';
import { vqa } from '../../tasks/vqa.ts';
import { createStudent } from '../derive.ts';
import { loadModel } from '../load.ts';
import type { Model } from '../model-file.ts';
import { saveModel } from '../save-model.ts';

/** Folders as transformers writes them (`test/files/foreign/make.py`), and what it makes of a question and a picture. */
const beside = 'test/files/foreign/beside';
const { question, folders } = JSON.parse(readFileSync(`${beside}/expected.json`, 'utf8')) as {
  question: string;
  folders: Record<string, { pieces: string[]; logits: number[] }>;
};

let root = '';
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'beside-'));
});
afterAll(() => rm(root, { recursive: true }));

/** A folder with its weights, changed or not. */
const folderOf = async (name: string, change: (folder: string) => Promise<void> = async () => {}): Promise<string> => {
  const folder = await mkdtemp(join(root, `${name}-`));
  await cp(`${beside}/model.safetensors`, join(folder, 'model.safetensors'));
  await cp(`${beside}/${name}`, folder, { recursive: true });
  await change(folder);
  return folder;
};

const load = async (folder: string): Promise<Model & { readonly warnings: readonly string[] }> => {
  const warnings: string[] = [];
  return { ...(await loadModel(folder, { task: vqa, onWarning: (message) => warnings.push(message) })), warnings };
};

const seenBy = async ({
  config,
  weights,
}: Model): Promise<{ readonly pieces: string[]; readonly logits: number[] }> => {
  const example = { id: 'one', text: question, images: [`${beside}/picture.png`], answers: [] };
  const { logits } = forward(config, createParams(), inputsFor(config.sizes));
  await using session = await compile({ logits }, { weights, threads: 1 });
  for await (const { feeds } of loadBatches([example], [0], preprocessorFor(config, { batch: 1 }))) {
    const pieces = [...feeds.words!.data].map((id) => config.vocabulary[id]!);
    return { pieces, logits: [...(await session.run<'logits'>(feeds)).logits.data] };
  }
  throw new Error('no batch');
};

const expectSeen = async (model: Model, name: string): Promise<void> => {
  const { pieces, logits } = await seenBy(model);
  const theirs = folders[name]!;
  // transformers prints a piece that is found after lower-casing in lower case
  expect(pieces).toEqual(theirs.pieces.map((piece) => (piece === '[obj]' ? '[OBJ]' : piece)));
  for (const [i, logit] of theirs.logits.entries()) expect(Math.abs(logits[i]! - logit)).toBeLessThan(1e-4);
};

describe.each(Object.keys(folders))('the folder %s', (name) => {
  it('answers as in transformers, from here, from a file of ours and from a folder saved for transformers', async () => {
    const folder = await folderOf(name);
    const model = await load(folder);
    await expectSeen(model, name);
    expect(model.warnings.map((warning) => warning.slice(warning.indexOf(': ') + 2))).toEqual(
      name === 'added' ? ['its word table has 64 rows and its vocabulary 32 pieces: no text reaches the other 32'] : [],
    );
    await saveModel(join(folder, 'ours.safetensors'), model);
    await expectSeen(await loadModel(join(folder, 'ours.safetensors')), name);
    await saveHuggingFace(join(folder, 'theirs'), model);
    await expectSeen(await loadModel(join(folder, 'theirs')), name);
  });
});

describe('a student', () => {
  it('reads as its teacher does, and its vectors of pictures are known by how it reads', async () => {
    const teacher = await load(await folderOf('imagenet-mean'));
    const student = createStudent(teacher);
    expect(student.config).toMatchObject({ pictures: { mean: [0.485, 0.456, 0.406], filter: 'bicubic' } });
    expect(createStudent(await load(await folderOf('cased'))).config.words).toMatchObject({ letters: 'as-is' });
    expect(createStudent(await load(await folderOf('relu'))).config.sizes.activation).toBe('relu');
    const { pictures: _, ...usual } = student.config;
    await using one = await openPredictor(student);
    await using other = await openPredictor({ ...student, config: usual });
    expect(one.identity()).not.toBe(other.identity());
  });
});

describe('a folder that cannot be followed', () => {
  const changed = (name: string, file: string, change: (json: Record<string, never>) => unknown): Promise<string> =>
    folderOf(name, async (folder) => {
      const json = JSON.parse(await readFile(join(folder, file), 'utf8'));
      change(json);
      await writeFile(join(folder, file), JSON.stringify(json));
    });
  const processor = (fields: object) => (json: Record<string, never>) => Object.assign(json.image_processor!, fields);
  const fields = (more: object) => (json: Record<string, never>) => Object.assign(json, more);

  it.each([
    ['config.json', fields({ hidden_act: 'mish' }), 'its hidden_act is "mish", which is none of gelu, gelu_new'],
    ['config.json', fields({ num_hidden_layers: 2 }), 'it has 1 layer, and config.json says num_hidden_layers 2'],
    ['processor_config.json', processor({ do_resize: false }), 'its do_resize is false'],
    ['processor_config.json', processor({ size: { height: 8, width: 8 } }), 'its size is {"height":8,"width":8}'],
    ['processor_config.json', processor({ size_divisor: 6 }), 'its size_divisor is 6: it must be a multiple of 4'],
    ['processor_config.json', processor({ resample: 9 }), 'its resample is 9: the filters are 0 to 5'],
    ['processor_config.json', processor({ image_std: [0, 1, 1] }), 'its image_std is [0,1,1]'],
    ['processor_config.json', processor({ image_processor_type: 'ViTImageProcessor' }), 'its image_processor_type is'],
    ['tokenizer.json', fields({ model: { type: 'BPE', vocab: {} } }), 'its model.type is BPE, not WordPiece'],
    ['tokenizer.json', fields({ normalizer: { type: 'NFC' } }), 'its normalizer is NFC, not BertNormalizer'],
    [
      'tokenizer_config.json',
      fields({ cls_token: 'red' }),
      'the cls_token of its tokenizer is "red", beside a piece [CLS]',
    ],
  ] as const)('is refused with the field of %s', async (file, change, message) => {
    const failure = load(await changed('usual', file, change));
    await expect(failure).rejects.toThrow(message);
    await expect(failure).rejects.toThrow(UserError);
  });

  it.each([
    ['config.json', fields({ max_image_length: 100 }), 'its max_image_length of 100 is not followed'],
    [
      'processor_config.json',
      processor({ do_center_crop: true }),
      'processor_config.json: do_center_crop is not followed',
    ],
    ['tokenizer_config.json', fields({ never_split: ['red'] }), 'never_split (red) is not followed'],
    ['tokenizer_config.json', fields({ do_lower_case: false }), 'do_lower_case false, which is followed'],
    ['tokenizer_config.json', fields({ truncation_side: 'left' }), 'truncation_side left is not followed'],
  ] as const)('is told of with the field of %s', async (file, change, message) => {
    const { warnings } = await load(await changed('usual', file, change));
    expect(warnings.join('\n')).toContain(message);
  });

  it('says where its words are taken for those of BERT, and refuses a tokenizer without pieces', async () => {
    const folder = await folderOf('usual', (place) => rm(join(place, 'tokenizer.json')));
    await expect(load(folder)).rejects.toThrow(
      'it has a tokenizer_config.json but neither tokenizer.json nor vocab.txt',
    );
  });
});
