import { beforeAll, describe, expect, it } from 'vitest';
import { answered } from '../../../test/fixtures/answered.ts';
import { configOf, type Description } from '../../checkpoints/description.ts';
import { collate, encodePng, type Pixels, preprocessorFor, SPECIAL_PIECES } from '../../data.ts';
import { compile, createParams } from '../../engine.ts';
import type { Example, Model, ModelConfig } from '../../index.ts';
import { createModel, dide, inputsFor, tiny, vilt } from '../../model.ts';
import type { ExplainedPair } from '../../query.ts';
import { crossModalAttentionDistillation } from '../../training.ts';
import { explainPairs } from './explain.ts';
import { explainedPage } from './page/page.ts';

const vocabulary = [...SPECIAL_PIECES, 'is', 'it', 'red', '?', '<b>'];
const sizes = { ...tiny, vocabulary: vocabulary.length };

const described = (model: 'vilt' | 'dide', more: Partial<Description> = {}): ModelConfig =>
  configOf(
    {
      model,
      sizes,
      task: 'vqa',
      images: 1,
      scoring: 'softmax',
      answers: ['no', 'yes', 'red', 'blue'],
      vocabulary,
      recipe: {},
      ...more,
    },
    'test',
  );

const pixels = (width: number, height: number): Pixels => ({
  width,
  height,
  data: Uint8Array.from({ length: width * height * 3 }, (_, i) => (37 * i) % 251),
});

const exampleOf = (text: string, width: number, height: number): Example => ({
  id: text,
  text,
  images: [{ name: `${width} x ${height}`, read: () => encodePng(pixels(width, height)) }],
  answers: [{ answer: 'yes', score: 1 }],
});

/** Examples of different lengths and shapes, so that a batch of both is padded. */
const examples = [exampleOf('is it red?', 48, 48), exampleOf('red', 64, 48)];
const teacher = createModel(described('vilt'), 1);
const student = createModel(described('dide'), 2);

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

let pairs: ExplainedPair[];
beforeAll(async () => {
  pairs = await explainPairs({ teacher, student }, examples, { threads: 1 });
});

/** L_CA of one example, from the objective itself. */
const objectiveOf = async (example: Example): Promise<number> => {
  const p = createParams();
  const inputs = inputsFor(sizes);
  const head = { task: 'vqa', answers: 4 };
  const [t] = answered(vilt, p.within('teacher'), inputs, { sizes, head }).encoded;
  const [s] = answered(dide, p.within('student'), inputs, { sizes, head }).encoded;
  const named = (name: string, { weights }: Model) =>
    [...weights].map(([key, one]) => [`${name}.${key}`, one] as const);
  const weights = new Map([...named('teacher', teacher), ...named('student', student)]);
  await using session = await compile({ loss: crossModalAttentionDistillation(s!, t!) }, { weights, threads: 1 });
  const preprocessor = preprocessorFor(teacher.config, { batch: 1 });
  const { loss } = await session.run<'loss'>(collate([await preprocessor.prepare(example)], preprocessor.collate));
  return loss.data[0]!;
};

describe('an explained pair', () => {
  it('is as far from the teacher as L_CA says, whatever the picture is like', async () => {
    expect(pairs.map(({ rows, columns }) => [rows, columns])).toEqual([
      [3, 3],
      [3, 4],
    ]);
    for (const [i, { models }] of pairs.entries()) {
      const { textToImage, imageToText } = models[1]!.divergence!;
      expect(textToImage).toHaveLength(tiny.heads);
      expect(mean(textToImage)).toBeGreaterThan(0);
      expect(mean(textToImage) + mean(imageToText)).toBeCloseTo(await objectiveOf(examples[i]!), 5);
    }
  });

  it('has a row for each token and a share for each of the other modality, which sum to 1', () => {
    const { words, rows, columns, models } = pairs[1]!;
    expect(words).toEqual(['[CLS]', 'red', '[SEP]']);
    for (const { textToImage, imageToText } of models) {
      expect(textToImage.map((head) => head.map((row) => row.length))).toEqual([
        [13, 13, 13],
        [13, 13, 13],
      ]);
      expect(imageToText.map((head) => head.length)).toEqual([1 + rows * columns, 13]);
      for (const row of [...textToImage.flat(), ...imageToText.flat()]) {
        expect(row.reduce((a, b) => a + b)).toBeCloseTo(1, 5);
      }
    }
  });

  it('has the surest answers of every model, best first', () => {
    for (const { answers } of pairs[0]!.models) {
      expect(answers).toHaveLength(3);
      const probabilities = answers.map(({ probability }) => probability);
      expect(probabilities).toEqual(probabilities.toSorted((a, b) => b - a));
      expect(probabilities[0]).toBeGreaterThan(0.25);
    }
    expect(pairs[0]!.models[0]).not.toHaveProperty('divergence');
  });

  it('of a model that retrieves has attention but no answers', async () => {
    const retrieving = createModel(described('dide', { task: 'retrieval', answers: [] }), 3);
    const [pair] = await explainPairs({ retrieving }, examples.slice(0, 1), { threads: 1 });
    expect(pair!.models[0]).toMatchObject({ answers: [] });
    expect(pair!.models[0]!.textToImage).toHaveLength(tiny.heads);
  });

  it('cannot be of two pictures, nor of models that read differently', async () => {
    const two = createModel(described('dide', { images: 2, task: 'nlvr2', sizes: { ...sizes, types: 3 } }), 1);
    await expect(explainPairs({ two }, examples)).rejects.toThrow('the two (nlvr2) answers about 2 pictures together');
    const larger = createModel(described('dide', { sizes: { ...sizes, image: 64, grid: 4 } }), 1);
    await expect(explainPairs({ teacher, larger }, examples)).rejects.toThrow(
      /the larger sees \[CLS\] is it red \? \[SEP\] \(4 x 4 patches, 2 heads\), the teacher .*\(3 x 3 patches, 2 heads\)/,
    );
  });
});

describe('the page of explained pairs', () => {
  it('loads nothing, and escapes what was asked', async () => {
    const page = explainedPage(await explainPairs({ student }, [exampleOf('is <b> red?', 48, 48)], { threads: 1 }));
    expect(page).not.toMatch(/https?:|url\(|@import|<link|<iframe|\ssrc=/);
    expect(page).toContain('“is &lt;b&gt; red?”');
    expect(page.replace(/<style>.*?<\/style>|<script.*?<\/script>/gs, '')).not.toContain('<b>');
  });

  it('draws every head of every model over every patch, and lets each word and patch be chosen', () => {
    const page = explainedPage(pairs);
    const [first, second] = page.split('<article ').slice(1);
    for (const [part, pair] of [
      [first!, pairs[0]!],
      [second!, pairs[1]!],
    ] as const) {
      const patches = pair.rows * pair.columns;
      const maps = pair.models.length * (1 + tiny.heads);
      const wordMaps = pair.models.length * pair.words.length;
      expect(part.match(/class="heat"/g)).toHaveLength(wordMaps + maps);
      expect(part.match(/<rect class="s-?\d"/g)).toHaveLength((wordMaps + maps) * patches);
      expect(part.match(/type="radio"/g)).toHaveLength(1 + pair.words.length);
      expect(part.match(/<option /g)).toHaveLength(2 + patches);
      expect(part.match(/<td><i class="s-?\d" role="img" aria-label="[\d.]+\u00a0%, /g)).toHaveLength(
        maps * pair.words.length,
      );
    }
  });

  it('carries the numbers that its script draws', () => {
    const numbers = /id="pair-1-numbers">(.*?)<\/script>/s.exec(explainedPage(pairs))![1]!;
    const { words, models } = JSON.parse(numbers);
    expect(words).toEqual(pairs[0]!.words);
    expect(models[1].textToImage[1][2][3]).toBeCloseTo(pairs[0]!.models[1]!.textToImage[1]![2]![3]!, 4);
  });
});
