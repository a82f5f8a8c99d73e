import { describe, expect, it } from 'vitest';
import { configOf } from '../checkpoints/description.ts';
import { createModel } from '../checkpoints/model-file.ts';
import { SPECIAL_PIECES } from '../data/tokenizer.ts';
import { vilt } from '../model/architecture.ts';
import type { ModelConfig } from '../model/config.ts';
import { tiny } from '../model/sizes.ts';
import { openPredictor } from './open-predictor.ts';

const config: ModelConfig = configOf(
  {
    model: 'dide',
    sizes: { ...tiny, vocabulary: SPECIAL_PIECES.length },
    task: 'vqa',
    images: 1,
    scoring: 'softmax',
    answers: ['yes', 'no', 'maybe'],
    vocabulary: [...SPECIAL_PIECES],
    recipe: {},
  },
  'test',
);
const width = 2 * tiny.width;

const rows = (count: number, seed: number) => ({
  shape: [count, width],
  data: Float32Array.from({ length: count * width }, (_, i) => Math.sin(seed + i)),
});

describe('a student at work', () => {
  it('answers one text about many images as it answers the same text beside each of them', async () => {
    await using student = await openPredictor(createModel(config, 3), { threads: 1 });
    const text = rows(1, 5);
    const images = rows(4, 1);
    const repeated = {
      shape: [4, width],
      data: Float32Array.from({ length: 4 * width }, (_, i) => text.data[i % width]!),
    };
    const [one, many] = [await student.answerFeatures(text, images), await student.answerFeatures(repeated, images)];
    expect(one.shape).toEqual([4, 3]);
    for (const [i, logit] of one.data.entries()) expect(logit).toBeCloseTo(many.data[i]!, 5);
    await expect(student.answerFeatures(rows(3, 0), images)).rejects.toThrow('image_shares');
  });

  it('is known by its image encoder and the first layer of its interaction, not by its texts or its head', async () => {
    const identity = async (changed?: string): Promise<string> => {
      const trained = createModel(config, 3);
      if (changed) trained.weights.get(changed)!.data[0]! += 1;
      await using student = await openPredictor(trained);
      return student.identity();
    };
    const own = await identity();
    expect(own).toMatch(/^[0-9a-f]{64}$/);
    for (const name of ['image_encoder.transformer.blocks.1.mlp.fc2.bias', 'fusion.0.weight'])
      expect(await identity(name)).not.toBe(own);
    for (const name of ['text_encoder.pooler.dense.bias', 'fusion.0.bias', 'vqa_classifier.3.bias'])
      expect(await identity(name)).toBe(own);
  });

  it('has no features where it is a fusion encoder, and answers from none about two images at once', async () => {
    await using fusion = await openPredictor(createModel({ ...config, architecture: vilt }, 0));
    await expect(fusion.imageFeatures({})).rejects.toThrow('encodes no image without a text');
    expect(() => fusion.identity()).toThrow('encodes no image without a text');
    expect(fusion.width).toBe(0);
    const paired = createModel({ ...config, images: 2, sizes: { ...config.sizes, types: 3 } }, 0);
    await using pairs = await openPredictor(paired);
    await expect(pairs.answerFeatures(rows(1, 0), rows(1, 1))).rejects.toMatchObject({ name: 'UserError' });
  });

  it('answers nothing once it is closed', async () => {
    const student = await openPredictor(createModel(config, 3), { threads: 1 });
    const underWay = student.answerFeatures(rows(1, 0), rows(2, 1));
    await student.close();
    expect((await underWay).shape).toEqual([2, 3]);
    await student.close();
    await expect(student.answerFeatures(rows(1, 0), rows(2, 1))).rejects.toThrow('it is closed');
  });
});
