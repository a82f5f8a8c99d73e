import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { encodePng, readImage } from '../data/image.ts';
import { UserError } from '../errors.ts';
import type { Pixels } from '../kernels/pixels.ts';
import { answer } from './answer.ts';
import { type CacheOptions, cacheImages } from './cache-images.ts';
import { encodeImage } from './encode-image.ts';
import { encodeText } from './encode-text.ts';
import type { ImageCache } from './image-cache.ts';
import { raggedScene, randomStudent, temporaryFolder } from './inference.fixture.ts';
import { openImageCache } from './open-image-cache.ts';
import { openPredictor } from './open-predictor.ts';
import { ask } from './query/ask.ts';
import { cacheFiles } from './store/file-names.ts';

const student = randomStudent();
/** Made by Pillow: an orientation of 6, and noise with alpha. */
const turned = 'test/fixtures/pictures/files/turned-6.jpg';
const clear = 'test/fixtures/pictures/files/alpha.png';
let folder: string;

beforeEach(async () => {
  folder = join(await temporaryFolder(), 'photos');
  await mkdir(folder);
  await writeFile(join(folder, 'turned.jpg'), await readFile(turned));
  await writeFile(join(folder, 'clear.png'), await readFile(clear));
});

const cached = async (options: Partial<CacheOptions> = {}): Promise<{ cache: ImageCache; warnings: string[] }> => {
  const warnings: string[] = [];
  const onWarning = (warning: string): void => void warnings.push(warning);
  const cache = await cacheImages(student, folder, {
    to: `${folder}.cache`,
    threads: 1,
    precision: 'float32',
    onWarning,
    ...options,
  });
  return { cache, warnings };
};

/** The numbers of a cache by path. */
const numbersOf = async ({ about, blocks }: ImageCache): Promise<Record<string, number[]>> => {
  const all: Record<string, number[]> = {};
  for await (const { entries, features } of blocks())
    for (const [i, { path }] of entries.entries())
      all[path] = [...features.data.slice(i * about.width, (i + 1) * about.width)];
  return all;
};

/** Features of one image. */
const featuresOf = async (image: Parameters<typeof encodeImage>[1], options = {}): Promise<number[]> => {
  await using open = await openPredictor(student, { threads: 1 });
  return [...(await open.imageFeatures(await encodeImage(open, image, options))).data];
};

describe('pictures of a cache are read', () => {
  it('as a viewer shows them, and as ViLT reads them where that is asked for', async () => {
    const shown = await numbersOf((await cached()).cache);
    expect(shown['turned.jpg']).toEqual(await featuresOf(await readImage(turned, { pictures: 'as-shown' })));
    expect(shown['clear.png']).toEqual(await featuresOf(await readImage(clear, { pictures: 'as-shown' })));
    const vilt = await numbersOf((await cached({ to: `${folder}.vilt`, pictures: 'as-vilt' })).cache);
    expect(vilt['turned.jpg']).toEqual(await featuresOf(await readImage(turned)));
    expect(vilt['turned.jpg']).not.toEqual(shown['turned.jpg']);
    expect(vilt['clear.png']).not.toEqual(shown['clear.png']);
  });

  it('as before in a cache that does not say it, with a notice, and never otherwise in the same cache', async () => {
    const { warnings } = await cached({ pictures: 'as-vilt' });
    expect(warnings).toEqual([]);
    // what a cache of an earlier version has
    expect(await readFile(join(`${folder}.cache`, cacheFiles.about), 'utf8')).not.toContain('as-');
    await writeFile(join(folder, 'more.jpg'), await readFile('test/fixtures/pictures/files/turned-8.jpg'));
    const { cache, warnings: notices } = await cached();
    expect(notices).toEqual([
      `${folder}.cache: its pictures were read as ViLT reads them (as-vilt), without their EXIF orientation and transparency, and so are new ones: make another cache to have them as shown`,
    ]);
    const more = await readImage(join(folder, 'more.jpg'), { pictures: 'as-vilt' });
    expect((await numbersOf(cache))['more.jpg']).toEqual(await featuresOf(more));
    await expect(cached({ pictures: 'as-shown' })).rejects.toThrow(
      `${folder}.cache: its pictures were read as-vilt, and are to be read as-shown: make another cache, or leave out pictures (--pictures)`,
    );
    expect(await ask(student, await openImageCache(`${folder}.cache`), 'is there a red star?')).toHaveLength(3);
  });

  it('up to the size that is wanted; larger ones are told of', async () => {
    const { cache, warnings } = await cached({ maxMegapixels: 0.0001 });
    expect(cache.entries).toHaveLength(0);
    expect(warnings).toHaveLength(2);
    expect(warnings[0]).toContain('clear.png: 13 x 9 is 0 million pixels, more than 0 million');
  });
});

describe('an answer', () => {
  it('is about a picture as shown, whether a path, bytes, or pixels', async () => {
    const shown = await readImage(turned, { pictures: 'as-shown' });
    const wanted = await answer(student, shown, 'how many shapes are there?', { threads: 1 });
    for (const image of [turned, await readFile(turned), await encodePng(shown)])
      expect(await answer(student, image, 'how many shapes are there?', { threads: 1 })).toEqual(wanted);
    const vilt = await answer(student, turned, 'how many shapes are there?', { threads: 1, pictures: 'as-vilt' });
    expect(vilt).not.toEqual(wanted);
  });
});

describe('the features of a picture in memory', () => {
  it('are those of its file in a cache, and lead to the answers of ask', async () => {
    const scene: Pixels = raggedScene(3);
    await writeFile(join(folder, 'scene.png'), await encodePng(scene));
    const { cache } = await cached();
    await using open = await openPredictor(student, { threads: 1 });
    const { shape, data } = await open.imageFeatures(await encodeImage(open, [scene, await readFile(turned)]));
    expect(shape).toEqual([2, open.width]);
    const own = await numbersOf(cache);
    for (const [i, path] of ['scene.png', 'turned.jpg'].entries()) {
      const some = [...data.subarray(i * open.width, (i + 1) * open.width)];
      expect(Math.max(...some.map((value, k) => Math.abs(value - own[path]![k]!)))).toBeLessThan(1e-5);
    }
    const text = await open.textFeatures(encodeText(open, 'is there a red star?'));
    const first = { shape: [1, open.width], data: data.slice(0, open.width) };
    const logits = await open.answerFeatures(text, first);
    const best = open.config.answers[logits.data.indexOf(Math.max(...logits.data))];
    const asked = await ask(open, cache, 'is there a red star?', { answer: null });
    expect(asked.find(({ image }) => image === 'scene.png')?.answer).toBe(best);
  });

  it('and of a text together are what logits take', async () => {
    await using open = await openPredictor(student, { threads: 1 });
    const questions = ['is there a red star?', 'how many blue shapes are there in the picture?'];
    const images = [turned, clear];
    const logits = await open.logits({ ...encodeText(open, questions), ...(await encodeImage(open, images)) });
    expect(logits.shape).toEqual([2, open.config.answers.length]);
    const sigmoid = (logit: number): number => 1 / (1 + Math.exp(-logit));
    for (const [i, image] of images.entries()) {
      const [best] = await answer(open, image, questions[i]!, { top: 1 });
      const row = logits.data.subarray(i * logits.shape[1]!, (i + 1) * logits.shape[1]!);
      expect(sigmoid(Math.max(...row))).toBeCloseTo(best!.probability, 5);
    }
  });

  it('need an image that is one, and a text that is not empty', async () => {
    await using open = await openPredictor(student, { threads: 1 });
    await expect(encodeImage(open, new Uint8Array(9))).rejects.toThrow(/^image of 9 bytes \(sha256 .*\): not an image/);
    expect(() => encodeText(open, ['a', ' '])).toThrow(UserError);
  });
});
