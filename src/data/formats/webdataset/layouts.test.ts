import { readFileSync } from 'node:fs';
import { copyFile, cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { galleryOf } from '../../../tasks/metrics/recall.ts';
import { imageName } from '../../pictures/image-name.ts';
import type { LeftOut } from '../../records/bad-rows.ts';
import { expectPicture, fixture, type ShapeName, shapes, tarOf } from '../formats.fixture.ts';
import { openExamples } from '../open-examples.ts';

const shard = (name: string): string => fixture(`layouts/shards/${name}`);

const open = (path: string, task: ShapeName = 'retrieval') =>
  openExamples(path, { records: shapes[task], split: 'train' });

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'shards-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('two shards of one name', () => {
  it('keep their pictures apart', async () => {
    const { examples } = await open(`${shard('red/00000.tar')}::${shard('blue/00000.tar')}`);
    expect(examples.map(({ id, text }) => [id, text])).toEqual([
      ['red/00000.tar, 000000000', 'red 0'],
      ['red/00000.tar, 000000001', 'red 1'],
      ['blue/00000.tar, 000000000', 'blue 0'],
      ['blue/00000.tar, 000000001', 'blue 1'],
    ]);
    expect(new Set(examples.map(({ images: [image] }) => imageName(image!))).size).toBe(4);
    expect(galleryOf(examples).images).toHaveLength(4);
    for (const [i, { images }] of examples.entries()) await expectPicture(images[0], i);
  });

  it('have other names of pictures, opened one by one', async () => {
    const [red, blue] = await Promise.all(['red', 'blue'].map((name) => open(shard(name))));
    expect(imageName(red!.examples[0]!.images[0]!)).not.toBe(imageName(blue!.examples[0]!.images[0]!));
  });

  it('that were joined into one keep their pictures apart', async () => {
    const parts = await Promise.all(['red', 'blue'].map((name) => readFile(shard(`${name}/00000.tar`))));
    const path = join(folder, 'joined.tar');
    // the two empty blocks at the end of the first one are left out, as `tar -A` does
    const end = parts[0]!.length - Math.floor(trailingZeros(parts[0]!) / 512) * 512;
    await writeFile(path, Buffer.concat([parts[0]!.subarray(0, end), parts[1]!]));
    const { examples } = await open(path);
    expect(examples.map(({ id }) => id)).toEqual([
      'joined.tar, 000000000',
      'joined.tar, 000000001',
      'joined.tar, 000000000 (2)',
      'joined.tar, 000000001 (2)',
    ]);
    expect(galleryOf(examples).images).toHaveLength(4);
    await expectPicture(examples[3]!.images[0], 3);
  });
});

const trailingZeros = (bytes: Buffer): number => bytes.length - 1 - bytes.findLastIndex((byte) => byte !== 0);

describe('the parts of a sample', () => {
  it('may have a stem with dots', async () => {
    const { examples, notices } = await open(shard('dots.tar'));
    expect(examples.map(({ text }) => text)).toEqual([0, 1, 2, 3].map((k) => `thing ${k}`));
    expect(examples[3]!.id).toBe('dots.tar, www.a.com_y');
    expect(notices).toEqual([]);
    for (const [k, { images }] of examples.entries()) await expectPicture(images[0], k);
  });

  it('may have names', async () => {
    const { examples } = await open(shard('parts.tar'));
    expect(examples.map(({ text }) => text)).toEqual(['thing 0', 'thing 1']);
    await expectPicture(examples[1]!.images[0], 1);
  });

  it('without a name are the picture, beside a depth map that has one and is told of', async () => {
    const { examples, notices } = await open(shard('depth.tar'));
    for (const [k, { images }] of examples.entries()) await expectPicture(images[0], k);
    expect(notices).toEqual([
      `${shard('depth.tar')}: rows have other pictures, which are not read: depth.png (2). Read are those of jpg: to choose others, name their field in a task of your own (defineTask).`,
    ]);
  });

  it('are fields by their names, and the picture is the one that is called so', async () => {
    const { examples } = await open(shard('question.tar'), 'vqa');
    expect(examples).toMatchObject([{ text: 'is it?', answers: [{ answer: 'yes', score: 1 }] }]);
    await expectPicture(examples[0]!.images[0], 1);
  });

  it('of which nothing says what the picture is are left out, with a word', async () => {
    const { examples, notices } = await open(shard('unclear.tar'));
    expect(examples.map(({ text }) => text)).toEqual(['one']);
    expect(notices).toEqual([
      `${shard('unclear.tar')}: 1 of 2 rows gives no example and is left out: unclear.tar, s0: has 2 pictures of 1 (left.png, right.png), and nothing says which are meant.`,
    ]);
  });

  it("may be Python's JSON, with NaN and with longer numbers than ours", async () => {
    const { examples } = await open(shard('nan.tar'));
    expect(examples).toMatchObject([{ text: 'a dog', about: { id: '9223372036854775808' } }]);
  });
});

describe('a path with braces or ::', () => {
  it.each(['set{1}', 'a::b', '{x}', 'a{0..1}'])('that is a folder called %s is no list', async (name) => {
    await mkdir(join(folder, name));
    await copyFile(shard('red/00000.tar'), join(folder, name, '00000.tar'));
    expect((await open(join(folder, name))).examples).toHaveLength(2);
    expect((await open(join(folder, name, '00000.tar'))).examples).toHaveLength(2);
  });

  it('may be a list whose folder is called so', async () => {
    await cp(shard('red'), join(folder, 'c::d{1}'), { recursive: true });
    await copyFile(shard('blue/00000.tar'), join(folder, 'c::d{1}', '00001.tar'));
    expect((await open(join(folder, 'c::d{1}', '{00000..00001}.tar'))).examples).toHaveLength(4);
    const list = `${join(folder, 'c::d{1}', '00000.tar')}::${shard('blue')}/{00000..00000}.tar`;
    expect((await open(list)).examples.map(({ text }) => text)).toEqual(['red 0', 'red 1', 'blue 0', 'blue 1']);
  });
});

describe('a shard that is compressed', () => {
  it('is told to be, by its name or by its first bytes', async () => {
    await expect(open(shard('packed.tar.gz'))).rejects.toThrow(/packed\.tar\.gz: is a compressed archive.*unpack it/);
    await mkdir(join(folder, 'packed'));
    await copyFile(shard('packed.tar.gz'), join(folder, 'packed', 'train-0.tar.gz'));
    await expect(open(join(folder, 'packed'))).rejects.toThrow('train-0.tar.gz: is a compressed archive');
    await copyFile(shard('packed.tar.gz'), join(folder, 'named.tar'));
    await expect(open(join(folder, 'named.tar'))).rejects.toThrow(
      'named.tar: is compressed with gzip: unpack it first',
    );
  });
});

const [picture, other] = [0, 1].map((k) => readFileSync(fixture(`layouts/captions-a-row/files/${k}.png`))) as [
  Buffer,
  Buffer,
];

describe('a shard that is not as WebDataset writes it', () => {
  const openBytes = async (name: string, bytes: Uint8Array) => {
    const path = join(folder, name);
    await writeFile(path, bytes);
    const leftOut: string[] = [];
    const onLeftOut = ({ kind, why }: LeftOut): void => void leftOut.push(`${kind}: ${why.replace(`${folder}/`, '')}`);
    const { examples, notices } = await openExamples(path, { records: shapes.retrieval, split: 'train', onLeftOut });
    return { texts: examples.map(({ text }) => text), notices, leftOut, path, examples };
  };
  const sample = (key: string, text = `thing ${key}`, image = picture) =>
    [
      [`${key}.png`, image],
      [`${key}.txt`, text],
    ] as const;

  it('has all pictures before all texts: its samples are put together, and it is said', async () => {
    const files = [...sample('0'), ...sample('1'), ...sample('2')];
    const sorted = files.toSorted(([a], [b]) => (a.slice(2) < b.slice(2) ? -1 : 1));
    const { texts, notices, path } = await openBytes('kinds.tar', await tarOf(sorted));
    expect(texts).toEqual(['thing 0', 'thing 1', 'thing 2']);
    expect(notices).toEqual([
      `${path}: ${"the files of 3 samples do not follow each other: they are put together, where WebDataset's own reader takes each file for a sample."}`,
    ]);
  });

  it('is two archives behind each other, as cat joins them, with the same keys', async () => {
    const [one, two] = [await tarOf(sample('0', 'red')), await tarOf(sample('0', 'blue', other))];
    const { texts, examples, notices } = await openBytes('cat.tar', Buffer.concat([one, Buffer.alloc(8192), two]));
    expect(texts).toEqual(['red', 'blue']);
    expect(new Set(examples.map(({ images: [image] }) => imageName(image!))).size).toBe(2);
    expect(notices).toEqual([]);
  });

  it('has files that are no part of a sample, which are told of', async () => {
    const files = [['README', 'x'], ['._0.png', 'x'], ...sample('0')] as const;
    const { texts, notices, path } = await openBytes('others.tar', await tarOf(files));
    expect(texts).toEqual(['thing 0']);
    expect(notices).toEqual([`${path}: 2 files are no part of a sample, by the name: README, ._0.png.`]);
  });

  it('ends in the middle: the sample at the cut is counted, and with badRows refuse it is an error', async () => {
    const whole = await tarOf([...sample('0'), ...sample('1')]);
    const { texts, notices, leftOut, path } = await openBytes('cut.tar', whole.subarray(0, whole.length - 1024 - 512));
    expect(texts).toEqual(['thing 0']);
    expect(leftOut).toEqual([
      expect.stringMatching(/^incomplete: cut\.tar: is cut short at byte \d+, inside 1\.txt: .* with sample 1\.$/),
    ]);
    expect(notices).toHaveLength(1);
    const query = { records: shapes.retrieval, split: 'train', badRows: 'refuse' } as const;
    await expect(openExamples(path, query)).rejects.toThrow('cut.tar: is cut short');
  });

  it('holds nothing: one of several is named, and one alone is an error', async () => {
    const shards = join(folder, 'with-empty');
    await mkdir(shards);
    for (const [name, bytes] of Object.entries({ '0.tar': await tarOf(sample('0')), '1.tar': await tarOf([]) }))
      await writeFile(join(shards, name), bytes);
    expect(await open(shards)).toMatchObject({
      examples: [{ text: 'thing 0' }],
      notices: [`${shards}: 1 of 2 shards holds no sample: 1.tar.`],
    });
    await expect(open(join(shards, '1.tar'))).rejects.toThrow('1 of 1 shard holds no sample: 1.tar.');
  });
});
