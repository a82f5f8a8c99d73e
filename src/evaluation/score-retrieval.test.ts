import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { configOf } from '../checkpoints/description.ts';
import { createModel, type Model } from '../checkpoints/model-file.ts';
import { readFolder } from '../data/folder.ts';
import { encodePng } from '../data/image.ts';
import { captions } from '../data/records/captions.ts';
import { createSkipPolicy } from '../data/skip-policy.ts';
import { createTokenizer, SPECIAL_PIECES } from '../data/tokenizer.ts';
import { keyOf, uniform } from '../engine/random.ts';
import { preprocessorFor } from '../inference/preprocessor.ts';
import { tiny } from '../model/sizes.ts';
import { worlds } from '../studies/scenes/world.ts';
import { writeScenes } from '../studies/scenes/write.ts';
import { type Gallery, galleryOf, meanRecall, recalls } from '../tasks/metrics/recall.ts';
import { scoreRetrieval } from './score-retrieval.ts';

let folder: string;
let gallery: Gallery;
let vocabulary: string[];
beforeAll(async () => {
  folder = join(await mkdtemp(join(tmpdir(), 'gallery-')), 'scenes');
  await writeScenes(folder, { seed: 1, view: 'retrieval', world: worlds.mini, sizes: { validation: 2 }, encodePng });
  const { examples } = await readFolder(folder, 'validation', captions);
  gallery = galleryOf(examples);
  const unknown = examples.flatMap(({ text }) => createTokenizer(SPECIAL_PIECES).encode(text).unknown);
  vocabulary = [...SPECIAL_PIECES, ...new Set(unknown)];
}, 60_000);
afterAll(() => rm(join(folder, '..'), { recursive: true, force: true }));

const random = (name: string, shape: readonly number[]) => {
  const data = new Float32Array(shape.reduce((product, size) => product * size, 1));
  return { shape, data: uniform(keyOf(3, name), data).map((x) => x - 0.5) };
};

const model = (kind: 'vilt' | 'dide', heads: Readonly<Record<string, readonly number[]>>): Model => {
  const sizes = { ...tiny, vocabulary: vocabulary.length };
  const answers = ['no'];
  const trained = createModel(
    configOf(
      { model: kind, sizes, task: 'vqa', images: 1, scoring: 'softmax', answers, vocabulary, recipe: {} },
      'test',
    ),
    4,
  );
  for (const [name, shape] of Object.entries(heads)) trained.weights.set(name, random(name, shape));
  return trained;
};

const scored = (trained: Model, some: Gallery, batch: number) =>
  scoreRetrieval(trained, some, { preprocessor: preprocessorFor(trained.config, { batch }), threads: 1 });

describe.each<['vilt' | 'dide', Readonly<Record<string, readonly number[]>>]>([
  ['dide', { 'itc.image_proj.weight': [32, 32], 'itc.text_proj.weight': [32, 32] }],
  ['vilt', { 'rank_output.weight': [1, 32], 'rank_output.bias': [1] }],
])('the scores of a gallery by %s', (kind, heads) => {
  it('are those of each image and text alone, whatever shares their batch', async () => {
    const trained = model(kind, heads);
    const { scores } = await scored(trained, gallery, 3);
    expect(scores.shape).toEqual([8, 8]);
    for (const [i, j] of [
      [0, 0],
      [2, 7],
      [7, 3],
    ] as const) {
      const pair = { images: [gallery.images[i]!], texts: [gallery.texts[j]!], imageOf: [0] };
      const alone = await scored(trained, pair, 1);
      expect(scores.data[i * 8 + j]).toBeCloseTo(alone.scores.data[0]!, 5);
    }
    expect(new Set(scores.data).size).toBeGreaterThan(32);
    expect(recalls(scores, gallery)['text R@10']).toBe(1);
  });

  it('leave out what cannot be read, with its texts, say so, and are otherwise the same', async () => {
    const trained = model(kind, heads);
    const broken = join(folder, '..', 'broken.png');
    await writeFile(broken, 'no picture');
    const of = await scored(trained, gallery, 3);
    const hurt = galleryOf(gallery.texts.map((text, i) => (i % 4 === 2 ? { ...text, images: [broken] } : text)));
    // two texts of one image that cannot be read
    expect([hurt.images.length, hurt.texts.length]).toEqual([7, 8]);
    const unreadable = createSkipPolicy();
    const progress: string[] = [];
    const { scores, ...read } = await scoreRetrieval(trained, hurt, {
      preprocessor: preprocessorFor(trained.config, { batch: 3, onUnreadable: unreadable.listen }),
      threads: 1,
      onProgress: (done, all) => progress.push(`${done}/${all}`),
    });
    expect(unreadable.failures()).toEqual([expect.stringMatching(/^validation\.jsonl:\d+: .*broken\.png/)]);
    expect([read.images, read.texts].map((some) => some.map(({ id }) => id))).toEqual(
      [gallery.images, gallery.texts].map((some) => some.filter((_, i) => i % 4 !== 2).map(({ id }) => id)),
    );
    expect(read.imageOf).toEqual([0, 1, 2, 3, 4, 5]);
    const kept = [0, 1, 3, 4, 5, 7];
    const expected = kept.flatMap((image) => kept.map((text) => of.scores.data[image * 8 + text]!));
    for (const [i, score] of scores.data.entries()) expect(score).toBeCloseTo(expected[i]!, 5);
    expect(progress.at(-1)).toBe(kind === 'dide' ? '15/15' : '7/7');
    expect(meanRecall(scores, read)).toBeLessThanOrEqual(1);
    await expect(scored(trained, hurt, 3)).rejects.toThrow(/^validation\.jsonl:\d+: .*broken\.png/);
  });

  it('need a model that was trained to retrieve', async () => {
    await expect(scored(model(kind, {}), gallery, 3).then(() => 'scored')).rejects.toThrow(
      /it was not trained to retrieve/,
    );
  });
});
