import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readFolder } from '../data/folder.ts';
import { encodePng } from '../data/image.ts';
import { worlds } from '../data/scenes/world.ts';
import { writeScenes } from '../data/scenes/write.ts';
import { createTokenizer, SPECIAL_PIECES } from '../data/words.ts';
import { keyOf, uniform } from '../engine/random.ts';
import { tiny } from '../models/sizes.ts';
import { type Gallery, galleryOf, recalls } from '../tasks/recall.ts';
import type { Description } from '../weights/description.ts';
import { readingFor } from '../weights/reading.ts';
import { createUntrained, type Trained } from '../weights/trained.ts';
import { scoreGallery } from './score-gallery.ts';

let folder: string;
let gallery: Gallery;
let vocabulary: string[];
beforeAll(async () => {
  folder = join(await mkdtemp(join(tmpdir(), 'gallery-')), 'scenes');
  await writeScenes(folder, { seed: 1, view: 'retrieval', world: worlds.mini, sizes: { validation: 2 }, encodePng });
  const examples = await readFolder(folder, 'validation');
  gallery = galleryOf(examples);
  const unknown = examples.flatMap(({ text }) => createTokenizer(SPECIAL_PIECES).encode(text).unknown);
  vocabulary = [...SPECIAL_PIECES, ...new Set(unknown)];
}, 60_000);
afterAll(() => rm(join(folder, '..'), { recursive: true, force: true }));

const random = (name: string, shape: readonly number[]) => {
  const data = new Float32Array(shape.reduce((product, size) => product * size, 1));
  return { shape, data: uniform(keyOf(3, name), data).map((x) => x - 0.5) };
};

const model = (kind: Description['model'], heads: Readonly<Record<string, readonly number[]>>): Trained => {
  const sizes = { ...tiny, vocabulary: vocabulary.length };
  const answers = ['no'];
  const trained = createUntrained(
    { model: kind, sizes, task: 'vqa', images: 1, scoring: 'softmax', answers, vocabulary, recipe: {} },
    4,
  );
  for (const [name, shape] of Object.entries(heads)) trained.weights.set(name, random(name, shape));
  return trained;
};

const scored = (trained: Trained, some: Gallery, batch: number) =>
  scoreGallery(trained, some, { reading: readingFor(trained.description, { batch }), threads: 1 });

describe.each<[Description['model'], Readonly<Record<string, readonly number[]>>]>([
  ['dide', { 'itc.image_proj.weight': [16, 32], 'itc.text_proj.weight': [16, 32] }],
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

  it('need a model that was trained to retrieve', async () => {
    await expect(scored(model(kind, {}), gallery, 3).then(() => 'scored')).rejects.toThrow(
      /it was not trained to retrieve/,
    );
  });
});
