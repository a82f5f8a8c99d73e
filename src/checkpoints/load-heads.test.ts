import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { vilt } from '../model/architecture.ts';
import { pretraining, retrieval } from '../tasks/captions.ts';
import { vqa } from '../tasks/vqa.ts';
import { createStudent } from './derive.ts';
import { openPyTorch } from './formats/pytorch/pytorch.ts';
import { loadModel } from './load.ts';
import type { Model } from './model-file.ts';

/** A checkpoint with the heads that ViLT was pre-trained with: mlm_score, whose decoder is its own, and itm_score. */
const path = 'test/files/checkpoint/base.ckpt';
const vocabulary = readFileSync('test/files/checkpoint/hf/vocab.txt', 'utf8').trim().split('\n');

let file: Awaited<ReturnType<typeof openPyTorch>>;
beforeAll(async () => {
  file = await openPyTorch(path);
});
afterAll(() => file.close());

const loadedFor = async (task: NonNullable<Parameters<typeof loadModel>[1]>['task']) => {
  const warnings: string[] = [];
  const model = await loadModel(path, {
    task,
    vocabulary,
    answers: [],
    onWarning: (warning) => warnings.push(warning),
  });
  return { ...model, warnings: warnings.join('\n') };
};

describe('a pre-trained checkpoint of ViLT', () => {
  it('goes on with its own table for masked words, not with that of the words that it reads', async () => {
    const { config, weights } = await loadModel(path, { task: pretraining, vocabulary });
    expect(config).toMatchObject({ architecture: vilt, task: 'pretraining', decoder: 'own' });
    const decoder = 'mlm_score.decoder.weight';
    for (const name of [decoder, 'mlm_score.bias', 'mlm_score.transform.dense.weight', 'itm_score.fc.weight'])
      expect(weights.get(name)!.data, name).toEqual((await file.read(name)).data);
    expect(weights.get(decoder)!.data).not.toEqual(weights.get('text_embeddings.word_embeddings.weight')!.data);
  });

  it('teaches a student that begins with no table at random', async () => {
    const teacher: Model = await loadModel(path, { task: pretraining, vocabulary });
    const { config, weights } = createStudent(teacher);
    expect(config).not.toHaveProperty('decoder');
    expect(weights.has('mlm_score.decoder.weight')).toBe(false);
  });

  it('begins to rank with the "yes" of its matching head', async () => {
    const { weights, warnings } = await loadedFor(retrieval);
    for (const part of ['weight', 'bias'] as const) {
      const { data } = await file.read(`itm_score.fc.${part}`);
      expect(weights.get(`rank_output.${part}`)!.data).toEqual(data.slice(data.length / 2));
      expect(weights.get(`itm_score.fc.${part}`)!.data).toEqual(data);
    }
    expect(warnings).toContain(
      'it has no rank_output, the head for retrieval: a fresh one begins as the "yes" of its itm_score',
    );
    expect(warnings).toContain('its mlm_score is not used for retrieval');
  });

  it('has no table for masked words where it is to answer', async () => {
    const { config, weights } = await loadModel(path, { task: vqa, vocabulary, answers: ['no', 'yes'] });
    expect(config).not.toHaveProperty('decoder');
    expect([...weights.keys()].filter((name) => /mlm|itm/.test(name))).toEqual([]);
  });
});
