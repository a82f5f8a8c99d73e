import { join } from 'node:path';
import { expect } from 'vitest';
import { type CacheOptions, type CacheProgress, cacheImages } from './cache-images.ts';
import type { ImageCache } from './image-cache.ts';
import { randomStudent, temporaryFolder } from './inference.fixture.ts';
import type { Predictor } from './predictor.ts';

/** The student that caches, unless another is given. */
export const trained = randomStudent();

/** Caches a folder and says what became of its files. */
export const cacheFolder = async (
  folder: string,
  options: Pick<CacheOptions, 'to'> & Partial<CacheOptions>,
  student: Predictor | typeof trained = trained,
) => {
  let last: CacheProgress | undefined;
  const notices: string[] = [];
  const onProgress = (progress: CacheProgress): void => {
    last = progress;
  };
  const onWarning = (notice: string): void => void notices.push(notice);
  const cache = await cacheImages(student, folder, {
    batch: 2,
    threads: 1,
    precision: 'float32',
    onProgress,
    onWarning,
    ...options,
  });
  return { cache, notices, last };
};

/** Folder of the images of a test, and the place of their cache: those that `makePlace` made last. */
export let folder: string;
export let to: string;

/** Makes a new folder for images, before each test. */
export const makePlace = async (): Promise<void> => {
  folder = await temporaryFolder();
  to = join(folder, 'images.cache');
};

/** Caches that folder, there, and says what became of its files. */
export const run = (options: Partial<CacheOptions> = {}, student?: Predictor | typeof trained) =>
  cacheFolder(folder, { to, ...options }, student);

/** Every image's numbers, by path. */
export const contents = async (cache: ImageCache, rows?: number): Promise<Record<string, number[]>> => {
  const all: Record<string, number[]> = {};
  for await (const { entries, features } of cache.blocks({ rows })) {
    for (const [i, { path }] of entries.entries())
      all[path] = [...features.data.subarray(i * cache.about.width, (i + 1) * cache.about.width)];
  }
  return all;
};

/** Expects the same images, with the same numbers to within rounding. */
export const expectClose = (actual: Record<string, number[]>, expected: Record<string, number[]>): void => {
  expect(Object.keys(actual).sort()).toEqual(Object.keys(expected).sort());
  for (const [path, numbers] of Object.entries(expected)) {
    for (const [i, number] of numbers.entries()) expect(Math.abs(actual[path]![i]! - number)).toBeLessThan(1e-5);
  }
};
