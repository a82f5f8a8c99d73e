import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { encodePng } from '../../data/image.ts';
import { scoreRetrieval } from '../../evaluation/score-retrieval.ts';
import { retrieval } from '../../tasks/captions.ts';
import { galleryOf } from '../../tasks/metrics/recall.ts';
import { cacheImages } from '../cache-images.ts';
import type { ImageCache } from '../image-cache.ts';
import { numbered, raggedScene, randomStudent, temporaryFolder, writeImages } from '../inference.fixture.ts';
import { openImageCache } from '../open-image-cache.ts';
import { openPredictor } from '../open-predictor.ts';
import { preprocessorFor } from '../preprocessor.ts';
import { ask } from './ask.ts';
import { search } from './search.ts';

const trained = randomStudent(3, { task: retrieval.name, scoring: 'softmax', answers: [] });
const texts = ['the large red circle', 'a small blue square', 'how many stars are there ?'];
const images = Object.keys(numbered(9));
let folder: string;
let cache: ImageCache;

beforeAll(async () => {
  folder = await temporaryFolder();
  await writeImages(folder, numbered(images.length));
  cache = await cacheImages(trained, folder, {
    to: join(folder, 'images.cache'),
    batch: 4,
    threads: 1,
    precision: 'float32',
  });
});

describe('a search over a cache', () => {
  it('ranks the images exactly as the scores of a gallery do', async () => {
    const asked = images.map((image, i) => ({
      id: image,
      images: [join(folder, image)],
      text: texts[i % texts.length]!,
      answers: [],
    }));
    const gallery = galleryOf(asked);
    const preprocessor = preprocessorFor(trained.config, { batch: 2 });
    const { scores } = await scoreRetrieval(trained, gallery, { preprocessor, threads: 1 });
    await using searcher = await openPredictor(trained, { threads: 1 });
    for (const [column, text] of texts.entries()) {
      const expected = images.map((image, row) => ({ image, score: scores.data[row * images.length + column]! }));
      expected.sort((a, b) => b.score - a.score);
      const found = await search(searcher, cache, text);
      expect(found.map(({ image }) => image)).toEqual(expected.map(({ image }) => image));
      for (const [i, { score }] of found.entries()) expect(score).toBeCloseTo(expected[i]!.score, 6);
      expect(await search(searcher, cache, text, { top: 2 })).toEqual(found.slice(0, 2));
    }
  });

  it('is over vectors of length 1', async () => {
    for await (const { features } of cache.blocks({ rows: 1 })) {
      expect(features.shape).toEqual([1, trained.config.sizes.width]);
      expect(Math.hypot(...features.data)).toBeCloseTo(1, 6);
    }
  });

  it('sees what has changed since, and encodes no more than that', async () => {
    const [own, to] = [await temporaryFolder(), join(await temporaryFolder(), 'images.cache')];
    await writeImages(own, numbered(3));
    await cacheImages(trained, own, { to, threads: 1, precision: 'float32' });
    await writeFile(join(own, '1.png'), await encodePng(raggedScene(8)));
    const encoded: number[] = [];
    await cacheImages(trained, own, {
      to,
      threads: 1,
      precision: 'float32',
      onProgress: (progress) => encoded.push(progress.encoded),
    });
    expect(encoded.at(-1)).toBe(1);
    await using searcher = await openPredictor(trained, { threads: 1 });
    const scoreOf = async (image: string, where: ImageCache) =>
      (await search(searcher, where, texts[0]!)).find((found) => found.image === image)!.score;
    expect(await scoreOf('1.png', await openImageCache(to))).toBeCloseTo(await scoreOf('8.png', cache), 6);
  });

  it('says what is wrong with the text or the wish', async () => {
    await using searcher = await openPredictor(trained, { threads: 1 });
    const notices: string[] = [];
    await search(searcher, cache, 'a zeppelin', { onWarning: (message) => notices.push(message) });
    expect(notices).toEqual([expect.stringMatching(/^text: .*zeppelin/)]);
    await expect(search(searcher, cache, ' ')).rejects.toThrow(/^text: the text is empty/);
    await expect(search(searcher, cache, texts[0]!, { top: 0 })).rejects.toThrow('ask for at least 1');
  });
});

describe('a cache of one kind', () => {
  it('is refused by students of the other, which say so', async () => {
    const answering = randomStudent(3);
    await using student = await openPredictor(answering, { threads: 1 });
    await using searcher = await openPredictor(trained, { threads: 1 });
    const to = join(await temporaryFolder(), 'images.cache');
    const asked = await cacheImages(answering, folder, { to, threads: 1 });
    await expect(ask(student, cache, texts[0]!)).rejects.toThrow(
      'made to be searched, by a student of retrieval, and is to be asked, by one of vqa',
    );
    await expect(search(searcher, asked, texts[0]!)).rejects.toThrow(
      'made to be asked, by a student of vqa, and is to be searched, by one of retrieval',
    );
    await expect(cacheImages(searcher, folder, { to })).rejects.toThrow('make a cache with this one');
  });

  it('is made by a dual encoder that has what it needs', async () => {
    await expect(ask(trained, cache, texts[0]!)).rejects.toThrow('finds images by texts and answers nothing');
    const answering = randomStudent();
    const asked = await cacheImages(answering, folder, { to: join(await temporaryFolder(), 'cache'), threads: 1 });
    await expect(search(answering, asked, texts[0]!)).rejects.toThrow('was not trained to retrieve');
    const fusion = randomStudent(1, { model: 'vilt', task: retrieval.name, answers: [] });
    await expect(cacheImages(fusion, folder, { to: join(folder, 'never') })).rejects.toThrow(
      'the model (vilt, retrieval) is a fusion encoder',
    );
  });
});
