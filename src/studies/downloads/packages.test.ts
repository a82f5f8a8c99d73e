import { existsSync, readdirSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { captions, openAnswers, openExamples, readImage } from '../../data.ts';
import { vqa } from '../../index.ts';
import { emojiNew } from './emoji.ts';
import { fetchData, writePictures } from './packaged-data.ts';
import { rowsIn, tarballOf, toyEasyVqa, toyEmoji } from './packages.fixture.ts';

let root: string;
let from: string;
let folder: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'dide-packages-'));
  [from, folder] = [join(root, 'downloads'), join(root, 'data')];
  await mkdir(from);
});
afterEach(() => rm(root, { recursive: true, force: true }));

describe('easy-VQA out of its wheel', () => {
  it('is a folder that is read, validated on pictures that are not learnt from', async () => {
    const { splits } = await fetchData(await toyEasyVqa(from), folder, { from, tiny: true });
    expect(splits).toEqual({
      train: { images: 24, rows: 48 },
      validation: { images: 8, rows: 16 },
      test: { images: 8, rows: 16 },
    });
    const shades = new Map<string, number[]>();
    for (const split of Object.keys(splits)) {
      const { examples } = await openExamples(folder, { records: vqa.records!, split });
      expect(examples).toHaveLength(splits[split]!.rows);
      const pictures = new Set(examples.map(({ images }) => String(images[0])));
      shades.set(split, await Promise.all([...pictures].map(async (path) => (await readImage(path)).data[0]!)));
    }
    expect(shades.get('train')!.filter((shade) => shades.get('validation')!.includes(shade))).toEqual([]);
    expect(shades.get('test')).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(await openAnswers(folder, vqa.records!)).toEqual(['circle', 'red', 'yes', 'no']);
  });

  it('says of each question what kind it is, and keeps its picture and answer', async () => {
    await fetchData(await toyEasyVqa(from), folder, { from, tiny: true });
    const rows = await rowsIn(folder, 'test');
    expect(rows[2]).toEqual({
      image: 'images/test/0001.png',
      question: 'what shape is it?',
      answer: 'circle',
      kind: 'shape',
    });
    expect(rows[3]).toMatchObject({ image: 'images/test/0001.png', answer: 'yes', kind: 'yes/no' });
  });

  it('validates on other pictures with another seed, and on the same with the same', async () => {
    const data = await toyEasyVqa(from);
    const drawn = async (to: string, seed: number) => {
      await fetchData(data, join(root, to), { from, tiny: true, seed });
      return (await rowsIn(join(root, to), 'validation')).map(({ image }) => image);
    };
    const first = await drawn('a', 1);
    expect(await drawn('b', 1)).toEqual(first);
    expect(await drawn('c', 2)).not.toEqual(first);
  });
});

describe('emoji out of their packages', () => {
  it('are learnt in three styles and tested in the fourth, on concepts that were not validated on', async () => {
    const { splits } = await fetchData(await toyEmoji(from), folder, { from, tiny: true });
    expect(splits).toMatchObject({ train: { images: 36 }, validation: { images: 4 }, test: { images: 8 } });
    const of = async (split: string, field: string) => [
      ...new Set((await rowsIn(folder, split)).map((row) => row[field]!)),
    ];
    expect(await of('train', 'style')).toEqual(['openmoji', 'twemoji', 'noto']);
    expect(await of('test', 'style')).toEqual(['fluent-3d']);
    const [train, validation, test] = await Promise.all(
      ['train', 'validation', 'test'].map((split) => of(split, 'concept')),
    );
    expect([...validation!, ...test!].sort()).toEqual(train!.sort());
    expect(train).toHaveLength(12);
  });

  it('leave out flags, tones and what not every style has drawn', async () => {
    const { splits } = await fetchData(await toyEmoji(from), folder, { from });
    const concepts = new Set((await rowsIn(folder, 'train')).map(({ concept }) => concept));
    expect(concepts.size).toBe(14);
    expect(splits.train!.images).toBe(3 * 14);
    expect([...concepts]).not.toEqual(expect.arrayContaining(['1f1e9']));
  });

  it('have captions that the reader for retrieval finds, in another language too', async () => {
    await fetchData(await toyEmoji(from), folder, { from, locale: 'de' });
    const { examples } = await openExamples(folder, { records: captions, split: 'train' });
    expect(examples).toHaveLength((await rowsIn(folder, 'train')).length);
    const captionsOf = (concept: string): string[] =>
      examples.filter(({ about }) => about?.concept === concept && about.style === 'noto').map(({ text }) => text);
    const [name, picture, tagged, tags, german] = captionsOf('1f604');
    expect([name, picture, german]).toEqual(['face 4', 'a picture of face 4', 'Gesicht 4']);
    expect(tagged).toMatch(/^face 4, [abc], [abc]$/);
    expect(tags!.split(', ').sort()).toEqual(['a', 'b', 'c']);
    expect(captionsOf('1f603')).toEqual(['face 3', 'a picture of face 3', 'Gesicht 3']);
  });

  it('may hold some out: new ones, and persons in two of their five tones', async () => {
    const data = { ...(await toyEmoji(from)), name: emojiNew.name, write: emojiNew.write };
    const { splits } = await fetchData(data, folder, { from, tiny: true });
    expect(splits).toMatchObject({
      train: { images: 3 * 9 + 9 * 5 - 4 },
      ...{ validation: { images: 4 }, test: { images: 5 }, 'test-new': { images: 3 }, 'test-tones': { images: 4 } },
    });
    const conceptsOf = async (split: string) => new Set((await rowsIn(folder, split)).map(({ concept }) => concept!));
    const [train, unseen, held] = await Promise.all(['train', 'test-new', 'test-tones'].map(conceptsOf));
    for (const concept of [...unseen!, ...held!]) expect(train!.has(concept)).toBe(false);
    for (const concept of held!) {
      const person = concept.split('-')[0]!;
      expect([...train!].filter((one) => one.startsWith(`${person}-`))).toHaveLength(3);
      expect([...held!].filter((one) => one.startsWith(`${person}-`))).toHaveLength(2);
    }
  });

  it('are as large as is wished', async () => {
    const data = await toyEmoji(from);
    await fetchData(data, folder, { from, tiny: true, side: 112 });
    const [name] = readdirSync(join(folder, 'images', 'noto'));
    expect(await readImage(join(folder, 'images', 'noto', name!))).toMatchObject({ width: 112, height: 112 });
    await expect(fetchData(data, folder, { from, tiny: true })).rejects.toThrow(/holds other data .*"side":112/);
    await expect(fetchData(await toyEasyVqa(from), join(root, 'vqa'), { from, side: 112 })).rejects.toThrow(
      /easy-vqa: its pictures have one size/,
    );
  });

  it('are drawn on white, 64 pixels wide, whatever they were', async () => {
    await fetchData(await toyEmoji(from), folder, { from, tiny: true });
    const shades = { openmoji: [255, 0, 0], twemoji: [0, 255, 0], noto: [0, 0, 255] };
    for (const [style, shade] of Object.entries(shades)) {
      const [name] = readdirSync(join(folder, 'images', style));
      const { width, height, data } = await readImage(join(folder, 'images', style, name!));
      expect([width, height]).toEqual([64, 64]);
      expect([...data.subarray(3 * (32 * 64 + 32), 3 * (32 * 64 + 33))]).toEqual(shade);
      if (style.endsWith('moji')) expect([...data.subarray(0, 3)]).toEqual([255, 255, 255]);
    }
    const [first] = readdirSync(join(folder, 'images', 'fluent-3d'));
    const { data } = await readImage(join(folder, 'images', 'fluent-3d', first!));
    expect(new Set(data).size).toBe(1);
    expect(data[0]).toBeGreaterThanOrEqual(200);
    expect(data[0]).toBeLessThan(216);
  });
});

describe('a fetched folder', () => {
  it('is left as it is when it is complete, and never overwritten by other data', async () => {
    const data = await toyEasyVqa(from);
    const first = await fetchData(data, folder, { from, tiny: true });
    await rm(from, { recursive: true });
    expect(await fetchData(data, folder, { from, tiny: true })).toEqual(first);
    await expect(fetchData(data, folder, { from, tiny: true, seed: 3 })).rejects.toThrow(
      /holds other data .*"seed":0.*give another folder/,
    );
    await writeFile(join(root, 'mine.txt'), 'mine');
    await expect(fetchData(data, root, { from })).rejects.toThrow(
      /holds 2 files, no fetched data: give an empty or new folder/,
    );
  });

  it('says whose the pictures are, and from which package they came', async () => {
    const data = await toyEmoji(from);
    await fetchData(data, folder, { from, tiny: true });
    const readme = await readFile(join(folder, 'README.md'), 'utf8');
    for (const { name, licence, integrity } of data.packages)
      expect(readme).toContain(`| \`${name}\` | ${licence} | \`${integrity}\` |`);
    expect(JSON.parse(await readFile(join(folder, 'fetched.json'), 'utf8'))).toMatchObject({
      name: 'emoji',
      tiny: true,
      seed: 0,
    });
  });

  it('is whole or not there, whether it was stopped or a package is another', async () => {
    const stop = new AbortController();
    const onProgress = (step: string, done: number): void => {
      if (step === 'pictures' && done > 0) stop.abort();
    };
    await expect(fetchData(await toyEasyVqa(from), folder, { from, onProgress, signal: stop.signal })).rejects.toThrow(
      /abort/,
    );
    const data = await toyEmoji(from);
    await writeFile(join(from, data.packages[0]!.file), await tarballOf({ 'README.md': 'nothing' }));
    const refused = /is not the emojibase-data@17.0.0 that is known: its sha512 is/;
    await expect(fetchData(data, folder, { from })).rejects.toThrow(refused);
    expect([existsSync(folder), existsSync(`${folder}.partial`)]).toEqual([false, false]);
  });

  it('writes nothing more once a picture has failed, so that all can be removed', async () => {
    let underWay = 0;
    const draw = (place: number) => async () => {
      if (place === 20) throw new Error('disk full');
      underWay += 1;
      await setTimeout(place < 16 ? 1 : 20);
      underWay -= 1;
      return new Uint8Array(1);
    };
    const pictures = Array.from({ length: 40 }, (_, place) => ({ path: `images/${place}.png`, draw: draw(place) }));
    const place = { folder, packages: new Map(), seed: 0, onProgress: () => {} };
    await expect(writePictures(pictures, place)).rejects.toThrow('disk full');
    expect(underWay).toBe(0);
    expect(readdirSync(join(folder, 'images')).length).toBeLessThan(40);
  });
});
