import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { divide, gather, multiply, reshape, sum } from '../../src/engine.ts';
import {
  adaptModel,
  answer,
  ask,
  cacheImages,
  createStudent,
  exportOnnx,
  finetune,
  loadModel,
  type Model,
  openPredictor,
  pretraining,
  retrieval,
  saveModel,
  vqa,
} from '../../src/index.ts';
import { type Architecture, createModel, dide, dualArchitecture, inspectCheckpoint } from '../../src/model.ts';
import { nanoDescription, writeNano } from '../fixtures/nano.ts';

/** A dual encoder whose text tower has no Transformer: the mean of the word embeddings. Its image tower is DiDE's. */
const bagOfWords: Architecture = dualArchitecture('bag-of-words', {
  ...dide.towers!,
  text: (p, { ids, mask }, { vocabulary, width }) => {
    const table = p.get('text_encoder.text_embeddings.word_embeddings.weight', [vocabulary, width], 'normal');
    const [batch, words] = ids.shape;
    const embedded = gather(table, ids);
    const total = sum(multiply(embedded, reshape(mask, [batch!, words!, 1])), [1]);
    const first = reshape(divide(total, reshape(sum(mask, [1]), [batch!, 1])), [batch!, 1, width]);
    return { mask, embedded, layers: [], last: embedded, first };
  },
  pool: (p, modality, stream) => {
    if (modality === 'image') return dide.towers!.pool(p, modality, stream);
    const [batch, , width] = stream.first.shape;
    return reshape(stream.first, [batch!, width!]);
  },
});

const home = mkdtempSync(join(tmpdir(), 'own-architecture-'));
beforeAll(() => writeNano(home), 60_000);
afterAll(() => rmSync(home, { recursive: true, force: true }));

const config = { ...nanoDescription('dide'), architecture: bagOfWords };
const teacher = createModel(nanoDescription('vilt'), 1);
const options = { task: vqa, data: home, batch: 16, threads: 1, learningRate: 3e-3, warmup: 0, dropoutRate: 0 };
const picture = join(home, 'images', 'validation');

describe('an architecture of one’s own', () => {
  it('is created, with the parameters that it names', () => {
    const names = [...createModel(config, 1).weights.keys()];
    expect(names).toContain('text_encoder.text_embeddings.word_embeddings.weight');
    expect(names.filter((name) => name.startsWith('text_encoder.'))).toHaveLength(1);
    expect(names).toEqual(expect.arrayContaining(['fusion.0.weight', 'vqa_classifier.0.weight']));
  });

  it('is saved by its name, and loaded where it is passed', async () => {
    const path = join(home, 'bag.safetensors');
    const model = createModel(config, 1);
    await saveModel(path, model);
    expect(await loadModel(path, { architectures: [bagOfWords] })).toEqual(model);
    await expect(loadModel(path)).rejects.toThrow(
      `${path}: its architecture "bag-of-words" is none of vilt, dide: pass the one of your own`,
    );
    expect(await inspectCheckpoint(path)).toMatchObject({ isOurs: true });
  });

  it('is a student whose named parameters are copied from the teacher', () => {
    const student = createStudent(teacher, { architecture: bagOfWords });
    const table = 'text_embeddings.word_embeddings.weight';
    expect(student.config.architecture).toBe(bagOfWords);
    expect(student.weights.get(`text_encoder.${table}`)).toEqual(teacher.weights.get(table));
    expect(adaptModel(student, { task: retrieval, answers: [] }).config).toMatchObject({ task: 'retrieval' });
    expect(adaptModel(student, { task: pretraining }).config.architecture).toBe(bagOfWords);
  });

  it('learns from a teacher, and answers from a cache as it does without one', async () => {
    const student = createStudent(teacher, { architecture: bagOfWords, seed: 1 });
    const losses: number[] = [];
    for await (const step of finetune(student, { ...options, teacher, updates: 24, losses: { hard: 1, soft: 1 } }))
      losses.push(step.losses.hard!);
    expect(losses.at(-1)!).toBeLessThan(0.8 * losses[0]!);
    const cache = await cacheImages(student, picture, { to: join(home, 'cache'), threads: 1, precision: 'float32' });
    const [best] = await ask(student, cache, 'is there a cat?', { answer: null, top: 1, threads: 1 });
    const [direct] = await answer(student, join(picture, best!.image), 'is there a cat?', { top: 1, threads: 1 });
    expect(direct!.probability).toBeCloseTo(best!.probability, 5);
  });

  it('is exported in parts that compute what it computes', async () => {
    const exported = await exportOnnx(createModel(config, 1), join(home, 'exported'), { threads: 1 });
    expect(exported.files.map(({ name }) => name).sort()).toEqual(['answer.onnx', 'image.onnx', 'text.onnx']);
    expect(exported.difference / exported.largest).toBeLessThan(1e-5);
  });
});

describe('the identity of the images of an architecture of one’s own', () => {
  /** The bag-of-words model, with an image tower under another name. */
  const renamed: Architecture = dualArchitecture('renamed', {
    ...bagOfWords.towers!,
    image: (p, image, sizes, type) => dide.towers!.image(p.within('eye'), image, sizes, type),
    pool: (p, modality, stream) =>
      bagOfWords.towers!.pool(modality === 'image' ? p.within('eye') : p, modality, stream),
  });
  const identityOf = async (model: Model): Promise<string> => {
    await using predictor = await openPredictor(model, { threads: 1 });
    return predictor.identity();
  };

  it('depends on its image tower, whatever the names of the parameters, and not on its text tower', async () => {
    const model = createModel({ ...config, architecture: renamed }, 1);
    const changed = (name: string): Model => {
      const weights = structuredClone(model.weights);
      weights.get(name)!.data[0]! += 1;
      return { ...model, weights };
    };
    const before = await identityOf(model);
    expect(await identityOf(changed('eye.image_encoder.transformer.cls_token'))).not.toBe(before);
    expect(await identityOf(changed('text_encoder.text_embeddings.word_embeddings.weight'))).toBe(before);
    expect(await identityOf(changed('fusion.0.weight'))).not.toBe(before);
  });
});
