import { readdir, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import type { Model } from '../../checkpoints/model-file.ts';
import { answerEach } from '../answer.ts';
import { cacheImages } from '../cache-images.ts';
import type { ImageCache } from '../image-cache.ts';
import { randomStudent, temporaryFolder, writeImages } from '../inference.fixture.ts';

/** Seeds of the images by path; equal seeds are files of the same bytes. */
const seeds: Readonly<Record<string, number>> = {
  ...{ 'a/1.png': 1, 'a/2.png': 2, 'a/b/3.png': 3, 'a/b/copy of 1.png': 1, 'a/x4.png': 4, 'b/5.png': 5 },
  ...{ 'b/6.png': 6, 'b/copy of 6.png': 6, 'b/x7.png': 7, '8.png': 8, '9.png': 9, '.hidden/10.png': 10 },
  ...{ 'b/ü ﻿\u001b[31m.png': 11, 'b/[12].png': 12, 'ab/13.png': 13, 'ab/14.png': 14 },
};

/** An image as the tests know it, without the cache. */
export interface KnownImage {
  readonly path: string;
  readonly bytes: number;
  /** Clock time of its file, in milliseconds as if it were UTC. */
  readonly date: number;
}

/** A folder of images, and its cache. */
export interface Gallery {
  readonly folder: string;
  readonly cache: ImageCache;
  readonly images: readonly KnownImage[];
}

/** Student of the tests: it has learnt nothing and says something else of every image. */
export const student = randomStudent();

/** Makes a gallery whose files were changed on days of two years, some at the same moment. */
export const makeGallery = async (model: Model = student): Promise<Gallery> => {
  const folder = await temporaryFolder();
  await writeImages(folder, seeds);
  const images: KnownImage[] = [];
  for (const [i, path] of Object.keys(seeds).entries()) {
    const [month, day] = [(5 * i) % 12, 1 + ((7 * (i >> 1)) % 28)];
    const local = new Date(2023 + (i % 2), month, day, 12, 30);
    await utimes(join(folder, path), local, local);
    const { size } = await stat(join(folder, path));
    images.push({ path, bytes: size, date: Date.UTC(2023 + (i % 2), month, day, 12, 30) });
  }
  const exact = { precision: 'float32', batch: 4, threads: 1 } as const;
  const cache = await cacheImages(model, folder, { to: join(folder, 'images.cache'), ...exact });
  if ((await readdir(folder)).length === 0 || cache.size !== images.length) throw new Error('the gallery is not whole');
  return { folder, cache, images };
};

/** Probabilities that the whole model gives, an image at a time and without a cache: by path, then by answer. */
export const directProbabilities = async (
  { folder, images }: Gallery,
  question: string,
  model: Model = student,
): Promise<Map<string, Map<string, number>>> => {
  const all = new Map<string, Map<string, number>>();
  const paths = images.map(({ path }) => join(folder, path));
  let i = 0;
  for await (const one of answerEach(model, paths, question, { threads: 1 })) {
    if ('failure' in one) throw one.failure;
    all.set(images[i++]!.path, new Map(one.answers.map(({ answer, probability }) => [answer, probability])));
  }
  return all;
};
