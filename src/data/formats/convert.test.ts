import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Example } from '../example.ts';
import { readImageBytes } from '../image.ts';
import { imageName } from '../pictures/image-name.ts';
import { type Converted, type ConvertOptions, convertExamples } from './convert.ts';
import { fixture, shapes } from './formats.fixture.ts';
import { openAnswers, openExamples } from './open-examples.ts';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'convert-'));
});
afterAll(() => rm(root, { recursive: true }));

const convert = async (from: string, options: ConvertOptions): Promise<Converted[]> => {
  const done: Converted[] = [];
  for await (const one of convertExamples(from, options)) done.push(one);
  return done;
};

const withBytes = async ({ images, text, answers, about }: Example) => ({
  text,
  answers,
  about,
  images: await Promise.all(images.map(async (image) => Buffer.from(await readImageBytes(image)).toString('base64'))),
});

describe.each(['webdataset', 'parquet'] as const)('%s', (format) => {
  it.each([
    ['vqav2', 'vqa', ['train', 'validation']],
    ['vilt-arrow', 'vqa', ['train', 'test']],
    ['vilt-arrow', 've', ['train', 'validation']],
    ['nlvr2', 'nlvr2', ['train', 'validation']],
    ['karpathy-coco', 'retrieval', ['train', 'test']],
  ] as const)('gives back the examples of %s for %s as they were', async (name, task, splits) => {
    const to = join(root, `${format}-${name}-${task}`);
    const heard: number[] = [];
    const done = await convert(fixture(name), {
      to,
      format,
      records: shapes[task],
      splits,
      onProgress: ({ done, of }) => heard.push(done / of),
    });
    expect(heard.filter((share) => share === 1)).toHaveLength(2);
    for (const [i, split] of splits.entries()) {
      const before = await openExamples(fixture(name), { records: shapes[task], split });
      const after = await openExamples(to, { records: shapes[task], split });
      expect(after.layout).toContain(format === 'parquet' ? 'parquet' : 'WebDataset');
      expect(await Promise.all(after.examples.map(withBytes))).toEqual(
        await Promise.all(before.examples.map(withBytes)),
      );
      expect(done[i]).toMatchObject({ split, examples: before.examples.length, files: 1, unreadable: [] });
      expect(new Set(after.examples.map(({ id }) => id)).size).toBe(after.examples.length);
    }
    if (task === 'vqa')
      expect(await openAnswers(to, shapes[task])).toEqual(await openAnswers(fixture(name), shapes[task]));
  });

  it('passes over pictures that are damaged and lists them, or stops', async () => {
    const from = join(root, `${format}-damaged`);
    await cp(fixture('karpathy-coco'), from, { recursive: true });
    const path = join(from, 'val2014', 'COCO_val2014_000000000001.jpg');
    await writeFile(path, (await readFile(path)).subarray(0, 620));
    const to = join(root, `${format}-undamaged`);
    const options = { to, format, records: shapes.retrieval, splits: ['train'] } as const;
    const [done] = await convert(from, options);
    expect(done).toMatchObject({
      examples: 2,
      unreadable: [expect.stringMatching(/0001.jpg: the image is damaged or cut short/)],
    });
    await expect(convert(from, options)).rejects.toThrow('is not empty: give a new folder');
    await expect(convert(from, { ...options, to: `${to}-strict`, unreadable: 'refuse' })).rejects.toThrow(
      '0001.jpg: the image is damaged or cut short',
    );
  });
});

it('is refused where the new folder is a file, or inside of one', async () => {
  const to = join(root, 'a-file');
  await writeFile(to, '');
  for (const place of [to, join(to, 'inside')]) {
    const options = { to: place, format: 'parquet', records: shapes.nlvr2, splits: ['train'] } as const;
    await expect(convert(fixture('nlvr2'), options)).rejects.toThrow(`${place}: is a file: give a new folder.`);
  }
});

describe('a text with half a character of UTF-16', () => {
  const from = async (): Promise<string> => {
    const folder = await mkdtemp(join(root, 'half-'));
    const image = fixture('layouts/captions-a-row/files/0.png');
    await writeFile(join(folder, 'train.jsonl'), JSON.stringify({ image, question: 'what?', answer: 'lone \ud800' }));
    return folder;
  };
  const options = (to: string) => ({ to: join(root, to), records: shapes.vqa, splits: ['train'] });

  it('is refused by parquet, which cannot hold it', async () => {
    await expect(convert(await from(), { ...options('half-parquet'), format: 'parquet' })).rejects.toThrow(
      'train.jsonl:1: "lone \\ud800" holds half a character of UTF-16, which parquet cannot hold: mend it, or write',
    );
  });

  it('is given back by shards', async () => {
    await convert(await from(), { ...options('half-shards'), format: 'webdataset' });
    expect(await openAnswers(join(root, 'half-shards'), shapes.vqa)).toEqual(['lone \ud800']);
    const { examples } = await openExamples(join(root, 'half-shards'), { records: shapes.vqa, split: 'train' });
    expect(examples[0]!.answers).toEqual([{ answer: 'lone \ud800', score: 1 }]);
  });
});

describe('shards', () => {
  it('are closed when they are large enough, and hold a picture once for all its questions', async () => {
    const to = join(root, 'small');
    const [done] = await convert(fixture('vilt-arrow'), {
      to,
      format: 'webdataset',
      records: shapes.vqa,
      splits: ['train'],
      shard: 1000,
    });
    expect(done).toMatchObject({ examples: 8, files: 2 });
    expect((await readdir(to)).sort()).toEqual(['answers.txt', 'train-000000.tar', 'train-000001.tar']);
    const { examples } = await openExamples(to, { records: shapes.vqa, split: 'train' });
    expect(new Set(examples.flatMap(({ images }) => images.map(imageName))).size).toBe(4);
  });
});
