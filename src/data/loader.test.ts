import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { UserError } from '../errors.ts';
import type { Pixels } from '../kernels/pixels.ts';
import type { EncodedExample } from './batch.ts';
import type { Example, ImageSource } from './example.ts';
import { encodePng, readImage } from './image.ts';
import { loadBatches } from './loader.ts';
import { imageName } from './pictures/image-name.ts';
import { createPreparer, type PreparerOptions } from './preprocess.ts';
import { createTokenizer } from './tokenizer.ts';

const tokenizer = createTokenizer(['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', 'red', 'blue', '?']);
const collate = { patch: 8, grid: 4 };

const exampleOf = (place: number): Example => ({
  id: `train.jsonl:${place}`,
  images: [`${place}.png`],
  text: 'red',
  answers: [],
});
const examples = Array.from({ length: 10 }, (_, place) => exampleOf(place));
const order = examples.map((_, place) => place);

const dot = { width: 8, height: 8, data: new Uint8Array(192) };
const encode = ({ id }: Example): EncodedExample => ({
  id,
  words: Int32Array.of(2, 3),
  images: [{ pixels: dot, rows: 1, columns: 1 }],
});

describe('loadBatches', () => {
  it('gives every example of the order, in that order, the last batch smaller', async () => {
    const seen: string[][] = [];
    const options = { prepare: async (example: Example) => encode(example), batch: 4, collate };
    for await (const batch of loadBatches(examples, Uint32Array.from(order).reverse(), options)) {
      seen.push(batch.examples.map(({ id }) => id));
      expect(batch.feeds.words!.shape).toEqual([batch.examples.length, 2]);
      expect(batch.waitMilliseconds).toBeGreaterThanOrEqual(0);
    }
    expect(seen.map((ids) => ids.length)).toEqual([4, 4, 2]);
    expect(seen.flat()).toEqual(examples.map(({ id }) => id).reverse());
  });

  it('prepares the next batches while the consumer works, two ahead and no more', async () => {
    let prepared = 0;
    const prepare = async (example: Example): Promise<EncodedExample> => {
      await sleep(100);
      prepared += 1;
      return encode(example);
    };
    const waits: number[] = [];
    for await (const { waitMilliseconds } of loadBatches(examples, order, { prepare, batch: 2, collate })) {
      waits.push(waitMilliseconds);
      const ready = Math.min(10, 2 * (waits.length + 2));
      await vi.waitFor(() => expect(prepared).toBeGreaterThanOrEqual(ready), { interval: 5 });
      await sleep(5);
      expect(prepared).toBe(ready);
    }
    expect(waits[0]).toBeGreaterThan(90);
    for (const wait of waits.slice(1)) expect(wait).toBeLessThan(90);
  });

  it('begins with the next batch when fewer pictures of this one are left than are read at a time', async () => {
    const begun: string[] = [];
    const prepare = async (example: Example): Promise<EncodedExample> => {
      begun.push(example.id);
      // the first picture takes as long as all others of two batches
      await vi.waitFor(() => expect(begun.length).toBeGreaterThanOrEqual(example.id.endsWith(':0') ? 6 : 1));
      return encode(example);
    };
    for await (const _ of loadBatches(examples, order, { prepare, batch: 3, collate }));
    expect(begun).toEqual(examples.map(({ id }) => id));
  });

  it('leaves nothing running when it is left early', async () => {
    let running = 0;
    let prepared = 0;
    const prepare = async (example: Example): Promise<EncodedExample> => {
      running += 1;
      prepared += 1;
      await sleep(10);
      running -= 1;
      return encode(example);
    };
    const many = Array.from({ length: 500 }, (_, i) => i % 10);
    for await (const _ of loadBatches(examples, many, { prepare, batch: 50, collate })) break;
    expect(running).toBe(0);
    const before = prepared;
    await sleep(40);
    expect(prepared).toBe(before);
    expect(prepared).toBeLessThan(150);
  });

  it('throws an error at the batch that it belongs to, after the good ones', async () => {
    const prepare = async (example: Example): Promise<EncodedExample> => {
      if (example.id.endsWith(':5')) throw new UserError(`${example.id}: broken`);
      return encode(example);
    };
    let good = 0;
    const run = async (): Promise<void> => {
      for await (const _ of loadBatches(examples, order, { prepare, batch: 2, collate })) good += 1;
    };
    await expect(run()).rejects.toThrow('train.jsonl:5: broken');
    expect(good).toBe(2);
  });

  it('refuses a batch of nothing and an order that points nowhere', async () => {
    const prepare = async (example: Example): Promise<EncodedExample> => encode(example);
    await expect(loadBatches(examples, order, { prepare, batch: 0, collate }).next()).rejects.toThrow(/a batch of 0/);
    await expect(loadBatches(examples, [10], { prepare, batch: 1, collate }).next()).rejects.toThrow(
      /the order holds 10/,
    );
  });
});

it('leaves out what cannot be read where somebody hears of it, and a batch of nothing else', async () => {
  const examples = Array.from({ length: 9 }, (_, place) => exampleOf(place));
  const prepare = async (example: Example): Promise<EncodedExample> => {
    const place = examples.indexOf(example);
    if ([1, 3, 4, 5].includes(place)) throw new UserError(`${example.id}: damaged`);
    return encode(example);
  };
  const heard: string[] = [];
  const onUnreadable = (failure: UserError): void => void heard.push(failure.message);
  const batches: (readonly Example[])[] = [];
  for await (const batch of loadBatches(examples, [...examples.keys()], { prepare, batch: 3, collate, onUnreadable })) {
    batches.push(batch.examples);
  }
  expect(batches).toEqual([[examples[0], examples[2]], examples.slice(6)]);
  expect(heard.sort()).toEqual([1, 3, 4, 5].map((place) => `${examples[place]!.id}: damaged`).sort());
});

describe('createPreparer', () => {
  let folder: string;
  let reads: string[];
  const read = (image: ImageSource): Promise<Pixels> => {
    reads.push(imageName(image));
    return readImage(join(folder, imageName(image)));
  };
  const preparer = (options: Partial<PreparerOptions> = {}) => {
    reads = [];
    return createPreparer({ tokenizer, size: { shortest: 16, multiple: 8 }, read, ...options });
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dide-loader-'));
    const write = async (name: string, width: number, height: number): Promise<void> => {
      const data = new Uint8Array(width * height * 3).fill(200);
      await writeFile(join(folder, name), await encodePng({ width, height, data }));
    };
    await Promise.all([
      write('0.png', 32, 16),
      write('1.png', 16, 16),
      write('thin.png', 300, 10),
      write('dot.png', 1, 1),
    ]);
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('changes each picture of an example where it is told how, and remembers none of them', async () => {
    const prepare = preparer();
    const filledWith =
      (value: number) =>
      ({ width, height }: Pixels, image: number): Pixels => ({
        ...{ width, height },
        data: new Uint8Array(3 * width * height).fill(value + image),
      });
    const example = { id: '1', images: ['0.png', '0.png'], text: 'a b', answers: [] };
    const valuesBy = async (value?: number): Promise<number[]> => {
      const { images } = await prepare(example, value === undefined ? undefined : filledWith(value));
      return images.map(({ pixels }) => pixels.data[0]!);
    };
    expect(await valuesBy(10)).toEqual([10, 11]);
    expect(await valuesBy(20)).toEqual([20, 21]);
    expect(await valuesBy()).toEqual([200, 200]);
    expect(await valuesBy(30)).toEqual([30, 31]);
    expect(reads).toHaveLength(7);
  });

  it('makes ids and resized pixels of an example', async () => {
    const { id, words, images } = await preparer()({ ...exampleOf(0), text: 'red blue?' });
    expect(id).toBe('train.jsonl:0');
    expect([...words]).toEqual([2, 5, 6, 7, 3]);
    expect(images[0]).toMatchObject({ rows: 1, columns: 3, pixels: { width: 24, height: 8 } });
  });

  it('reads a picture once, for all questions about it and in every epoch', async () => {
    const prepare = preparer();
    await Promise.all([prepare(exampleOf(0)), prepare(exampleOf(0)), prepare(exampleOf(1))]);
    await prepare({ ...exampleOf(0), id: 'another', text: 'blue' });
    expect(reads.sort()).toEqual(['0.png', '1.png']);
  });

  it('forgets the picture used longest ago when the memory is full', async () => {
    const prepare = preparer({ memory: 600 });
    await prepare(exampleOf(0));
    await prepare(exampleOf(1));
    await prepare(exampleOf(1));
    await prepare(exampleOf(0));
    expect(reads).toEqual(['0.png', '1.png', '1.png', '0.png']);
    const roomy = preparer({ memory: 24 * 8 * 3 + 16 * 16 * 3 });
    for (const place of [0, 1, 0, 1]) await roomy(exampleOf(place));
    expect(reads).toEqual(['0.png', '1.png']);
  });

  it('tells once of a cut text, an unknown word and a picture too thin', async () => {
    const notices: string[] = [];
    const prepare = preparer({ limit: 4, memory: 0, onWarning: (message) => notices.push(message) });
    const odd = { ...exampleOf(3), text: 'red green blue', images: ['thin.png'] };
    for (let epoch = 0; epoch < 2; epoch += 1) {
      const { words, images } = await prepare(odd);
      expect([...words]).toEqual([2, 5, 1, 3]);
      expect(images[0]).toMatchObject({ rows: 1, columns: 3 });
    }
    expect(notices).toEqual([
      'train.jsonl:3: the text is too long: only its first 2 word pieces are read.',
      'train.jsonl:3: words that the vocabulary cannot spell: green: read as [UNK].',
      'thin.png: 300 x 10 is very long and thin: it is distorted to 24 x 8 to keep one patch.',
    ]);
  });

  it('takes a picture of one pixel', async () => {
    const { images } = await preparer()({ ...exampleOf(4), images: ['dot.png'] });
    expect(images[0]).toMatchObject({ rows: 2, columns: 2 });
    expect(images[0]!.pixels.data.every((value) => value === 200)).toBe(true);
  });

  it('names the example and the file that is missing, and the example whose text is empty', async () => {
    const prepare = preparer();
    await expect(prepare(exampleOf(9))).rejects.toThrow(UserError);
    await expect(prepare(exampleOf(9))).rejects.toThrow(/^train.jsonl:9: .*9.png: there is no such image/);
    await expect(prepare({ ...exampleOf(0), text: ' ' })).rejects.toThrow(/^train.jsonl:0: the text is empty/);
  });
});
