import { describe, expect, it } from 'vitest';
import { parityFeeds, parityInputs, paritySizes, readFixture, relativeError } from '../../../test/fixtures/parity.ts';
import { configOf, type Description } from '../../checkpoints/description.ts';
import { compile, type Numbers } from '../../engine.ts';
import type { Model, ModelConfig } from '../../index.ts';
import { createModel, fromHuggingFace, tiny } from '../../model.ts';
import { type CrossAttentionOptions, crossAttention, meanDivergence } from './cross-attention.ts';

const described = (model: 'vilt' | 'dide', more: Partial<Description> = {}): ModelConfig =>
  configOf(
    {
      model,
      sizes: paritySizes,
      task: 'vqa',
      images: 1,
      scoring: 'sigmoid',
      answers: Array.from({ length: 10 }, (_, i) => `answer ${i}`),
      vocabulary: [],
      recipe: {},
      ...more,
    },
    'test',
  );

const weightsOf = async (path: string) =>
  fromHuggingFace(await readFixture(path), 'vqa_classifier') as Model['weights'];

const teacher = async (): Promise<Model> => ({
  config: described('vilt'),
  weights: await weightsOf('hf/vqa/model'),
});
const student = async (): Promise<Model> => ({
  config: described('dide'),
  weights: await weightsOf('dide/vqa/student'),
});

type Looked = Readonly<Record<'textToImage' | 'imageToText', Numbers<Float32Array>>>;

/** Attention of a model, computed. */
const lookOf = async (
  { config, weights }: Model,
  feeds: Readonly<Record<string, Numbers>>,
  options: CrossAttentionOptions = {},
): Promise<Looked> => {
  const { textToImage, imageToText } = crossAttention(config, options);
  await using session = await compile({ textToImage, imageToText }, { parameters: weights, threads: 1 });
  return await session.run<'textToImage' | 'imageToText'>(feeds);
};

const attend = async (trained: Model): Promise<Looked> =>
  lookOf(trained, parityFeeds(await readFixture('dide/vqa/inputs')), { inputs: parityInputs });

/** The rows of real tokens: what padded image rows hold depends on which padding was chosen. */
const realRows = ({ shape, data }: Numbers, mask: Numbers): Numbers => {
  const [batch, heads, rows, columns] = shape as [number, number, number, number];
  const kept: number[] = [];
  for (let at = 0; at < batch * heads * rows; at += 1) {
    const example = Math.floor(at / rows / heads);
    if (mask.data[example * rows + (at % rows)]) kept.push(...data.subarray(at * columns, (at + 1) * columns));
  }
  return { shape: [kept.length], data: Float32Array.from(kept) };
};

describe('cross-modal attention has the reference value (dide/vqa)', () => {
  for (const [name, model] of Object.entries({ teacher, student })) {
    it(`of the ${name}, head by head, from text to image and back`, async () => {
      const expected = await readFixture('dide/vqa/outputs');
      const words = (await readFixture('dide/vqa/inputs')).get('attention_mask')!;
      const tokens = expected.get('image_mask')!;
      const { textToImage, imageToText } = await attend(await model());
      const pairs = [
        [textToImage, expected.get(`t2v.${name}`)!, words],
        [imageToText, expected.get(`v2t.${name}`)!, tokens],
      ] as const;
      for (const [actual, reference, mask] of pairs) {
        expect(actual.shape).toEqual(reference.shape);
        expect(relativeError(realRows(actual, mask), realRows(reference, mask))).toBeLessThan(1e-5);
      }
    });
  }
});

describe('cross-modal attention', () => {
  it('gives each real word shares that sum to 1, and padded tokens exactly 0', async () => {
    const mask = (await readFixture('dide/vqa/outputs')).get('image_mask')!;
    const { textToImage } = await attend(await teacher());
    const [examples, heads, words, tokens] = textToImage.shape as [number, number, number, number];
    let padded = 0;
    for (let row = 0; row < examples * heads * words; row += 1) {
      const given = textToImage.data.subarray(row * tokens, (row + 1) * tokens);
      expect(Math.abs(given.reduce((a, b) => a + b) - 1)).toBeLessThan(1e-5);
      const real = mask.data.subarray(Math.floor(row / words / heads) * tokens).subarray(0, tokens);
      for (const [i, share] of given.entries()) {
        if (real[i]) continue;
        padded += 1;
        expect(share).toBe(0);
      }
    }
    expect(padded).toBeGreaterThan(0);
  });

  it('of a pair of images is that of the image asked for', async () => {
    const sizes = { ...tiny, vocabulary: 8, types: 3 };
    const trained = createModel(described('dide', { sizes, images: 2, task: 'nlvr2' }), 1);
    const patches = (seed: number, count: number): Record<string, Numbers> => {
      const suffix = seed === 1 ? '' : `_${seed}`;
      const filled = (columns: number): Numbers => ({
        shape: [1, count, columns],
        data: Float32Array.from({ length: count * columns }, (_, i) => Math.sin(seed * i)),
      });
      return {
        [`patches${suffix}`]: filled(3 * sizes.patch ** 2),
        [`patch_positions${suffix}`]: filled(sizes.grid ** 2),
        [`patch_mask${suffix}`]: { shape: [1, count], data: new Float32Array(count).fill(1) },
      };
    };
    const words = {
      words: { shape: [1, 3], data: Int32Array.of(2, 5, 3) },
      word_mask: { shape: [1, 3], data: Float32Array.of(1, 1, 1) },
    };
    const feeds = { ...words, ...patches(1, 4), ...patches(2, 6) };
    expect((await lookOf(trained, feeds)).textToImage.shape).toEqual([1, tiny.heads, 3, 5]);
    expect((await lookOf(trained, feeds, { image: 1 })).textToImage.shape).toEqual([1, tiny.heads, 3, 7]);
    expect(() => crossAttention(trained.config, { image: 2 })).toThrow(
      'no image 2: an example of nlvr2 has 2, counted from 0',
    );
  });
});

describe('the divergence of attention', () => {
  it('is 0 from itself, and from another what Kullback and Leibler say, mean over rows', () => {
    const one = [0.5, 0.25, 0.25];
    const other = [0.25, 0.5, 0.25];
    expect(meanDivergence([one], [one])).toBe(0);
    expect(meanDivergence([one, one], [other, one])).toBeCloseTo((0.25 * Math.log(2)) / 2, 12);
  });

  it('stays a number where the student gives nothing', () => {
    const far = meanDivergence([[0.5, 0.5]], [[1, 0]]);
    expect(far).toBeGreaterThan(10);
    expect(Number.isFinite(far)).toBe(true);
  });
});
