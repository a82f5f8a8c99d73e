import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll } from 'vitest';
import { configOf, type Description } from '../checkpoints/description.ts';
import { createModel, type Model } from '../checkpoints/model-file.ts';
import { encodePng } from '../data/image.ts';
import { SPECIAL_PIECES } from '../data/tokenizer.ts';
import type { Pixels } from '../kernels/pixels.ts';
import { tiny } from '../model/sizes.ts';
import { mulberry32, seedFor } from '../studies/mulberry32.ts';
import { renderScene } from '../studies/scenes/render.ts';
import { answersOf, vocabularyOf } from '../studies/scenes/vocabulary.ts';
import { drawScene, worlds } from '../studies/scenes/world.ts';

const world = worlds.mini;
const vocabulary = [...SPECIAL_PIECES, ...vocabularyOf(world)];

/** A student that has learnt nothing, but says something else of every image. */
export const randomStudent = (seed = 0, some: Partial<Description> = {}): Model =>
  createModel(
    configOf(
      {
        model: 'dide',
        sizes: { ...tiny, vocabulary: vocabulary.length },
        task: 'vqa',
        images: 1,
        scoring: 'sigmoid',
        answers: answersOf(world),
        vocabulary,
        recipe: {},
        ...some,
      },
      'test',
    ),
    seed,
  );

/** A scene, cut to a size of its own, so that images differ in their number of patches. */
export const raggedScene = (seed: number): Pixels => {
  const whole = renderScene(drawScene(mulberry32(seedFor(7, seed)), world, 'never'), 96);
  const [width, height] = [40 + ((seed * 23) % 57), 40 + ((seed * 41) % 57)];
  const rows = Array.from({ length: height }, (_, y) => whole.data.subarray(y * 96 * 3, (y * 96 + width) * 3));
  return { width, height, data: Buffer.concat(rows) };
};

const temporary: string[] = [];
afterAll(() => Promise.all(temporary.map((folder) => rm(folder, { recursive: true, force: true }))));

/** A new folder, until all tests of the file have ended. */
export const temporaryFolder = async (): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'dide-serving-'));
  temporary.push(folder);
  return folder;
};

/** Writes generated images; of equal seeds the files are equal. */
export const writeImages = async (folder: string, seeds: Readonly<Record<string, number>>): Promise<void> => {
  for (const [path, seed] of Object.entries(seeds)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), await encodePng(raggedScene(seed)));
  }
};

/** `0.png`, `1.png` … */
export const numbered = (count: number): Record<string, number> =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`${i}.png`, i]));
