import { readFileSync } from 'node:fs';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { positionWeights } from '../data/patches.fixture.ts';
import { SPECIAL_PIECES } from '../data/tokenizer.ts';
import type { Numbers } from '../engine/numbers.ts';
import { compile } from '../engine/runtime/compile.ts';
import { UserError } from '../errors.ts';
import { forward } from '../model/forward.ts';
import { inputsFor } from '../model/inputs.ts';
import { createParams } from '../model/params.ts';
import { nlvr2 } from '../tasks/nlvr2.ts';
import { snliVe } from '../tasks/snli-ve.ts';
import { vqa } from '../tasks/vqa.ts';
import { loadModel } from './load.ts';
import type { Model } from './model-file.ts';
import { saveModel } from './save-model.ts';

const files = 'test/files/checkpoint';
const pieces = readFileSync(`${files}/hf/vocab.txt`, 'utf8').trim().split('\n');
const facts = { vocabulary: pieces, answers: ['no', 'yes', 'maybe'] };
const theirs = JSON.parse(readFileSync(`${files}/expected.json`, 'utf8')) as {
  ids: number[][];
  pixels: number[][][][];
  extents: [number, number][];
  logits: number[][];
};

const float = (shape: number[], data: number[]): Numbers => ({ shape, data: Float32Array.from(data) });

/** The pixels and ids that transformers was given, as feeds: nine patches, the padded ones last. */
const feeds = (): Record<string, Numbers> => {
  const cells = theirs.extents.map(([rows, columns]) =>
    Array.from({ length: 9 }, (_, i) => (i < rows * columns ? [Math.floor(i / columns), i % columns] : undefined)),
  );
  const pixel = (b: number, cell: number[] | undefined, i: number): number =>
    cell ? theirs.pixels[b]![Math.floor(i / 16)]![4 * cell[0]! + (Math.floor(i / 4) % 4)]![4 * cell[1]! + (i % 4)]! : 0;
  return {
    words: { shape: [2, 6], data: Int32Array.from(theirs.ids.flat()) },
    word_mask: float(
      [2, 6],
      theirs.ids.flat().map((id) => Math.min(id, 1)),
    ),
    patches: float(
      [2, 9, 48],
      cells.flatMap((of, b) => of.flatMap((c) => Array.from({ length: 48 }, (_, i) => pixel(b, c, i)))),
    ),
    patch_mask: float(
      [2, 9],
      cells.flat().map((cell) => (cell ? 1 : 0)),
    ),
    patch_positions: float(
      [2, 9, 9],
      theirs.extents.flatMap(([rows, columns]) => [
        ...positionWeights(rows, columns, 3),
        ...Array.from({ length: (9 - rows * columns) * 9 }, () => 0),
      ]),
    ),
  };
};

const logitsOf = async ({ config, weights }: Model): Promise<number[]> => {
  const { logits } = forward(config, createParams(), inputsFor(config.sizes));
  await using session = await compile({ logits }, { weights, threads: 1 });
  return [...(await session.run<'logits'>(feeds())).logits.data];
};

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'load-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('a model of transformers', () => {
  it.each(['hf', 'sharded', 'hf/pytorch_model.bin', 'sharded/model.safetensors.index.json', 'vilt.ckpt'])(
    'loaded from %s answers as it does there',
    async (path) => {
      const { vocabulary, answers } = facts;
      const loaded = await loadModel(`${files}/${path}`, {
        task: vqa,
        vocabulary,
        ...(path === 'vilt.ckpt' ? { answers } : {}),
      });
      const logits = await logitsOf(loaded);
      expect(loaded.config.answers).toEqual(answers);
      for (const [i, logit] of theirs.logits.flat().entries()) expect(logits[i]).toBeCloseTo(logit, 4);
    },
  );

  it('comes back from a file of ours as it went there, and only for its task', async () => {
    const loaded = await loadModel(`${files}/hf`, { task: vqa });
    const path = join(folder, 'ours.safetensors');
    await saveModel(path, loaded);
    expect(await loadModel(path, { task: vqa })).toEqual(await loadModel(path));
    await expect(loadModel(path, { task: nlvr2 })).rejects.toThrow('it was trained for vqa, not nlvr2');
  });

  it.each(['vqa', 'nlvr2', 'mlm', 'irtr', 'base'])(
    'of the reference numbers, %s, has every weight accounted for',
    async (name) => {
      await cp(`test/parity/hf/${name}`, join(folder, name), { recursive: true });
      const vocabulary = [...SPECIAL_PIECES, ...Array.from({ length: 195 }, (_, i) => `word${i}`)];
      const answers = Array.from({ length: 10 }, (_, i) => `answer ${i}`);
      const warnings: string[] = [];
      const onWarning = (warning: string): void => void warnings.push(warning);
      const task = name === 'nlvr2' ? nlvr2 : vqa;
      const options = { task, vocabulary, heads: 4, onWarning, ...(task === vqa ? { answers } : {}) };
      const { config, weights } = await loadModel(join(folder, name, 'model.safetensors'), options);
      expect(config.sizes).toMatchObject({ width: 64, depth: 3, hidden: 160, patch: 16, grid: 5, words: 16 });
      expect(config.sizes.types).toBe(name === 'nlvr2' ? 3 : 2);
      expect(weights.get(`${task.name}_classifier.3.bias`)!.shape).toEqual([config.answers.length]);
      const unused = { mlm: 'its mlm_score is not used', irtr: 'its rank_output is not used' }[name];
      if (unused) expect(warnings.join()).toContain(unused);
      expect(warnings.some((warning) => warning.includes('a fresh one begins'))).toBe(!['vqa', 'nlvr2'].includes(name));
    },
  );
});

describe('a checkpoint of ViLT or DiDE', () => {
  it('that was distilled becomes a dual encoder, and the teacher that it carries stays behind', async () => {
    const { config, weights } = await loadModel(`${files}/distilled.ckpt`, { task: vqa, ...facts });
    expect(config.architecture.name).toBe('dide');
    expect([...weights.keys()].filter((name) => /teacher|position_ids|text_encoder.*patch/.test(name))).toEqual([]);
    expect((await logitsOf({ config, weights })).every(Number.isFinite)).toBe(true);
  });

  it('that lacks the head of the task but has another says for what it was fine-tuned', async () => {
    await expect(loadModel(`${files}/nlvr2.ckpt`, { task: vqa, ...facts })).rejects.toThrow(
      `${files}/nlvr2.ckpt has no vqa_classifier.0.weight: it was fine-tuned for nlvr2. Give --task nlvr2, or another checkpoint.`,
    );
    const { config } = await loadModel(`${files}/nlvr2.ckpt`, { task: nlvr2, vocabulary: pieces });
    expect(config).toMatchObject({ answers: ['False', 'True'], images: 2, sizes: { types: 3, epsilon: 1e-6 } });
    await expect(loadModel(`${files}/hf`, { task: nlvr2 })).rejects.toThrow(
      'its head reads 1 image and nlvr2 asks about 2',
    );
  });

  it('that was only pre-trained gets a fresh head, and for two images a third row like the second', async () => {
    const warnings: string[] = [];
    const onWarning = (warning: string): void => void warnings.push(warning);
    const task = { task: nlvr2, vocabulary: pieces, onWarning };
    const { weights } = await loadModel(`${files}/base.ckpt`, task);
    const { shape, data } = weights.get('token_type_embeddings.weight')!;
    expect(shape).toEqual([3, 64]);
    expect(data.slice(128)).toEqual(data.slice(64, 128));
    expect(warnings.join('\n')).toMatch(
      /no nlvr2_classifier, the head for nlvr2.*mlm_score, itm_score is not used.*has 2 rows and becomes 3/s,
    );
    const { config } = await loadModel(`${files}/base.ckpt`, { task: snliVe, vocabulary: pieces });
    expect(config.answers).toHaveLength(3);
  });

  it('keeps its position table for larger pictures, to be resized once for each, and gets one for longer texts', async () => {
    const before = await loadModel(`${files}/vilt.ckpt`, { task: vqa, ...facts });
    const after = await loadModel(`${files}/vilt.ckpt`, { task: vqa, ...facts, image: 20, words: 23 });
    expect(after.config.sizes).toMatchObject({ image: 20, grid: 3, words: 23 });
    expect(after.weights.get('transformer.pos_embed')).toEqual(before.weights.get('transformer.pos_embed'));
    const row = ({ data }: Numbers, at: number): number[] => [...data.slice(64 * at, 64 * (at + 1))];
    const words = after.weights.get('text_embeddings.position_embeddings.weight')!;
    const few = before.weights.get('text_embeddings.position_embeddings.weight')!;
    expect(row(words, 22)).toEqual(row(few, 11));
    for (const [i, value] of row(words, 1).entries()) {
      expect(value).toBeCloseTo((row(few, 0)[i]! + row(few, 1)[i]!) / 2, 6);
    }
  });

  it.each([
    [{ answers: ['no', 'yes'] }, 'its head gives 3 answers and 2 are named'],
    [{ answers: facts.answers, heads: 5 }, 'no 5 heads'],
    [{ answers: facts.answers, image: 21 }, '21 pixels are not whole patches of 4'],
    [{ answers: facts.answers, vocabulary: pieces.slice(0, 9) }, /rows and the vocabulary 9 pieces/],
    [{}, 'nothing says which they are'],
  ])('is refused with %j', async (options, message) => {
    const loading = loadModel(`${files}/vilt.ckpt`, { task: vqa, vocabulary: pieces, ...options });
    await expect(loading).rejects.toThrow(message);
    await expect(loading).rejects.toThrow(UserError);
  });

  it('whose names are not those of a ViLT is refused with some of them', async () => {
    await expect(loadModel(`${files}/views.pt`, { task: vqa })).rejects.toThrow('it has plain, transposed');
  });
});
