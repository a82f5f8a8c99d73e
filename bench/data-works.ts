import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { collate } from '../src/data/batch.ts';
import { loadBatches } from '../src/data/loader.ts';
import { createPreparer } from '../src/data/preprocess.ts';
import { createTokenizer } from '../src/data/tokenizer.ts';
import { readVocabulary } from '../src/data/vocabulary-file.ts';
import { base32 } from '../src/model/sizes.ts';
import { vqa } from '../src/tasks/vqa.ts';
import { loadModel } from '../src/checkpoints/load.ts';
import { sizeRuleOf } from '../src/inference/size-rule.ts';
import { pathOfPicture } from './materials.ts';
import type { Setting, Work } from './work.ts';

/** Hugging Face's file of ViLT-B/32 for VQA, from the disk's cache to weights that are ready. */
export const load = async ({ folder }: Setting): Promise<Work> => {
  const answers = Array.from({ length: 3129 }, (_, i) => `answer ${i}`);
  return async () => {
    await loadModel(join(folder, 'pytorch_model.bin'), { task: vqa, answers });
    return { loss: null };
  };
};

/** Pictures on the disk to patches of a batch, as a training reads them, but that none is remembered. */
export const pipeline = async ({ folder, batch }: Setting): Promise<Work> => {
  const examples = Array.from({ length: batch }, (_, i) => ({
    id: `${i}`,
    text: 'x',
    images: [pathOfPicture(folder, i)],
    answers: [],
  }));
  const prepare = createPreparer({
    tokenizer: createTokenizer(['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]']),
    size: sizeRuleOf({ sizes: base32 }),
    memory: 0,
  });
  const options = { prepare, batch: 4, reuse: true, collate: { patch: base32.patch, grid: base32.grid } };
  const order = examples.map((_, i) => i);
  const digested = async (): Promise<Uint8Array> => {
    const encoded = await Promise.all(examples.map((example) => prepare(example)));
    const { data } = collate(encoded, options.collate).patches!;
    return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  };
  const made = await digested();
  return async () => {
    for await (const _batch of loadBatches(examples, order, options));
    return { loss: null, result: () => made };
  };
};

/** Lines to ids, nothing cut off. */
export const words = async ({ folder }: Setting): Promise<Work> => {
  const tokenizer = createTokenizer(await readVocabulary(join(folder, 'vocab.txt')));
  const lines = JSON.parse(await readFile(join(folder, 'lines.json'), 'utf8')) as string[];
  return async () => {
    const found = lines.map((line) => tokenizer.encode(line, { limit: Number.POSITIVE_INFINITY }).ids);
    return { loss: null, result: () => found.map((ids) => ids.join(' ')).join('\n') };
  };
};
