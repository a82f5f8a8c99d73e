import { beforeAll, describe, expect, it } from 'vitest';
import { openPredictor } from '../open-predictor.ts';
import type { Predictor } from '../predictor.ts';
import { ask } from './ask.ts';
import { type Gallery, makeGallery, student } from './query.fixture.ts';
import { search } from './search.ts';

const question = 'is there a red circle ?';
let gallery: Gallery;
let open: Predictor;
let vectors: Map<string, number[]>;

beforeAll(async () => {
  gallery = await makeGallery();
  open = await openPredictor(student, { threads: 1 });
  vectors = new Map();
  for await (const { paths, features } of gallery.cache.blocks()) {
    const width = features.shape[1]!;
    for (const [i, path] of paths.entries()) vectors.set(path, [...features.data.subarray(i * width, (i + 1) * width)]);
  }
  return () => open.close();
}, 120_000);

const cosine = (a: readonly number[], b: readonly number[]): number => {
  const dot = (x: readonly number[], y: readonly number[]): number => x.reduce((sum, one, i) => sum + one * y[i]!, 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
};
const distance = (a: string, b: string): number => 1 - cosine(vectors.get(a)!, vectors.get(b)!);

/** Distances between all pairs of different bytes, ascending. */
const distances = (): number[] => {
  const paths = [...vectors.keys()];
  const all = paths.flatMap((a, i) => paths.slice(0, i).map((b) => distance(a, b)));
  return all.filter((far) => far > 1e-6).sort((a, b) => a - b);
};

describe('near-duplicates', () => {
  it('of distance 0 are files of the same bytes alone, and named with the first of them', async () => {
    const all = await ask(open, gallery.cache, question);
    const grouped = await ask(open, gallery.cache, question, { nearDuplicates: 0 });
    expect(grouped.map(({ image }) => image)).toEqual(
      all.map(({ image }) => image).filter((image) => !image.includes('copy of')),
    );
    const copies = grouped.flatMap(({ image, duplicates = [] }) => duplicates.map((one) => [image, one]));
    expect(copies.sort()).toEqual([
      ['a/1.png', 'a/b/copy of 1.png'],
      ['b/6.png', 'b/copy of 6.png'],
    ]);
  });

  it('are grouped as one after the other is compared with the groups before it', async () => {
    const far = distances();
    for (const rank of [3, 20, 60]) {
      const nearDuplicates = (far[rank]! + far[rank + 1]!) / 2;
      for (const top of [2, 5, undefined]) {
        const groups: string[][] = [];
        for (const { image } of await ask(open, gallery.cache, question)) {
          const group = groups.find(([first]) => distance(first!, image) <= nearDuplicates);
          if (group) group.push(image);
          else if (groups.length < (top ?? Number.POSITIVE_INFINITY)) groups.push([image]);
        }
        const answers = await ask(open, gallery.cache, question, { nearDuplicates, top });
        expect(answers.map(({ image, duplicates = [] }) => [image, ...duplicates])).toEqual(groups);
      }
    }
  });
});

describe('images like one', () => {
  it('are those whose vectors have the largest cosine with its own, by any student', async () => {
    const like = 'a/2.png';
    const found = await search(open, gallery.cache, { like });
    expect(found[0]).toMatchObject({ image: like });
    expect(found[0]!.score).toBeCloseTo(1, 5);
    expect(found.map(({ image }) => image)).toEqual(
      [...vectors.keys()].sort((a, b) => distance(like, a) - distance(like, b) || (a < b ? -1 : 1)),
    );
    for (const { image, score } of found) expect(score).toBeCloseTo(1 - distance(like, image), 5);
    const near = await search(open, gallery.cache, { like }, { atLeast: found[3]!.score, paths: '!a/2.png' });
    expect(near).toEqual(found.slice(1, 4));
  });

  it('may be like an image from the disk, or in memory', async () => {
    const cached = await search(open, gallery.cache, { like: 'b/5.png' });
    const fromDisk = await search(open, gallery.cache, { like: `${gallery.folder}/b/5.png` });
    expect(fromDisk.map(({ image }) => image)).toEqual(cached.map(({ image }) => image));
    for (const [i, { score }] of fromDisk.entries()) expect(score).toBeCloseTo(cached[i]!.score, 5);
    await expect(search(open, gallery.cache, { like: 'b/none.png' })).rejects.toThrow(
      /b\/none\.png.*images\.cache has no image b\/none\.png either/s,
    );
  });

  it('are not compared with texts by a student that answers', async () => {
    await expect(search(open, gallery.cache, { like: 'b/5.png' }, { and: ['at night'] })).rejects.toThrow(
      'was not trained to retrieve',
    );
  });
});
