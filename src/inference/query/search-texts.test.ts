import { beforeAll, expect, it } from 'vitest';
import { retrieval } from '../../tasks/captions.ts';
import { encodeText } from '../encode-text.ts';
import { randomStudent } from '../inference.fixture.ts';
import { openPredictor } from '../open-predictor.ts';
import type { Predictor } from '../predictor.ts';
import { type Gallery, makeGallery } from './query.fixture.ts';
import { search } from './search.ts';

const model = randomStudent(0, { task: retrieval.name, answers: [], scoring: 'softmax' });
let gallery: Gallery;
let open: Predictor;
beforeAll(async () => {
  gallery = await makeGallery(model);
  open = await openPredictor(model, { threads: 1 });
  return () => open.close();
}, 120_000);

const unit = (vector: readonly number[]): number[] => {
  const length = Math.hypot(...vector);
  return vector.map((one) => one / length);
};

it('adds the vectors of further texts and subtracts those of others, to a text and to an image', async () => {
  const vectorOf = async (text: string): Promise<number[]> => [
    ...(await open.textFeatures(encodeText(open, text))).data,
  ];
  const images = new Map<string, number[]>();
  for await (const { paths, features } of gallery.cache.blocks()) {
    const width = features.shape[1]!;
    for (const [i, path] of paths.entries()) images.set(path, [...features.data.subarray(i * width, (i + 1) * width)]);
  }
  const [red, blue, star] = await Promise.all(['a red circle', 'a blue square', 'a star'].map(vectorOf));
  const beginnings = [
    ['a red circle', red!],
    [{ like: 'b/5.png' }, images.get('b/5.png')!],
  ] as const;
  for (const [query, beginning] of beginnings) {
    const found = await search(open, gallery.cache, query, { and: ['a blue square'], not: ['a star'] });
    const wanted = unit(beginning.map((one, i) => one + blue![i]! - star![i]!));
    expect(found).toHaveLength(gallery.images.length);
    for (const { image, score } of found)
      expect(score).toBeCloseTo(
        images.get(image)!.reduce((sum, one, i) => sum + one * wanted[i]!, 0),
        5,
      );
    const scores = found.map(({ score }) => score);
    expect(scores).toEqual(scores.toSorted((a, b) => b - a));
  }
  await expect(search(open, gallery.cache, 'a star', { not: ['a star'] })).rejects.toThrow('cancel each other');
});
