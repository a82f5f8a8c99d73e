import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Binary, Field, Struct, Table, tableToIPC, Utf8, vectorFromArray } from 'apache-arrow';
import { type ColumnSource, parquetWriteBuffer } from 'hyparquet-writer';
import { pack } from 'tar-stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { convertExamples, convertedFormats } from '../data/formats/convert.ts';
import { fixture, shapes } from '../data/formats/formats.fixture.ts';
import { surveyData } from '../data/formats/survey.ts';
import { decodeImage, readImageBytes } from '../data/image.ts';
import { defineTask } from './define-task.ts';

const memeTone = defineTask({
  name: 'meme_tone',
  answers: ['sincere', 'ironic', 'hostile'],
  fields: { image: 'file', text: 'caption', label: 'tone' },
});

const rows = [
  { file: 'a.png', caption: 'what a day', tone: 'Ironic', source: 'forum' },
  { file: 'b.png', caption: 'thank you, "all"', tone: 'sincere', source: 'chat' },
];

let root: string;
let picture: Buffer;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'define-task-'));
  picture = await readFile(fixture('nlvr2/images/train/17/train-10-0-img0.png'));
});
afterAll(() => rm(root, { recursive: true }));

let count = 0;
/** A folder with these files, and the images that the rows name. */
const folderWith = async (files: Readonly<Record<string, string | Uint8Array>>): Promise<string> => {
  count += 1;
  const folder = join(root, `${count}`);
  await mkdir(folder);
  const images = { 'a.png': picture, 'b.png': picture };
  for (const [name, content] of Object.entries({ ...images, ...files })) await writeFile(join(folder, name), content);
  return folder;
};

const jsonLines = (some: readonly object[]): string => some.map((row) => `${JSON.stringify(row)}\n`).join('');

const csv = (some: readonly Readonly<Record<string, string>>[]): string =>
  [Object.keys(some[0]!), ...some.map((row) => Object.values(row))]
    .map((values) => `${values.map((value) => `"${value.replaceAll('"', '""')}"`).join(',')}\n`)
    .join('');

const columnOf = <T, K extends keyof T>(some: readonly T[], name: K): T[K][] => some.map((row) => row[name]);

type Row = Readonly<Record<string, string>>;

const parquetOf = (some: readonly Row[], images?: Uint8Array[]): Uint8Array => {
  const columnData = Object.keys(some[0]!).map(
    (name): ColumnSource =>
      name === 'file' && images
        ? { name, data: images, type: 'BYTE_ARRAY' }
        : { name, data: columnOf(some, name), type: 'STRING' },
  );
  return new Uint8Array(parquetWriteBuffer({ columnData }));
};

const textsOf = (some: readonly Row[]) =>
  Object.fromEntries(
    Object.keys(some[0]!).map((name) => [name, vectorFromArray(columnOf(some, name), new Utf8())] as const),
  );

const arrowOf = (some: readonly Row[]): Uint8Array => tableToIPC(new Table(textsOf(some)), 'file');

/** With the images in the file, as struct{bytes, path}. */
const arrowWithImages = (some: readonly Row[]): Uint8Array => {
  const type = new Struct([new Field('bytes', new Binary(), true), new Field('path', new Utf8(), true)]);
  const { file, ...others } = textsOf(some);
  const images = vectorFromArray(
    [...file!].map((path) => ({ bytes: new Uint8Array(picture), path })),
    type,
  );
  return tableToIPC(new Table({ file: images, ...others }), 'file');
};

const shardOf = async (some: readonly Row[]): Promise<Uint8Array> => {
  const archive = pack();
  for (const [i, { file, ...row }] of some.entries()) {
    archive.entry({ name: `${i}.png` }, picture);
    archive.entry({ name: `${i}.json` }, JSON.stringify(row));
  }
  archive.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of archive) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
};

/** Layouts of the same rows: the name of the file of a split, and its content. */
const layouts: readonly (readonly [string, (split: string) => string, (some: readonly Row[]) => unknown])[] = [
  ['JSON lines', (split) => `${split}.jsonl`, jsonLines],
  ['CSV', (split) => `${split}.csv`, csv],
  ['parquet with paths', (split) => `${split}.parquet`, (some) => parquetOf(some)],
  [
    'parquet with images',
    (split) => `${split}.parquet`,
    (some) =>
      parquetOf(
        some,
        some.map(() => picture),
      ),
  ],
  ['Arrow with paths', (split) => `${split}.arrow`, arrowOf],
  ['Arrow with images', (split) => `meme_tone_${split}.arrow`, arrowWithImages],
  ['WebDataset', (split) => `${split}-000.tar`, shardOf],
];

describe.each(layouts)('a task of three fields reads %s', (layout, nameOf, write) => {
  const folderOf = async (some: readonly Row[], split = 'train'): Promise<string> =>
    folderWith({ [nameOf(split)]: (await write(some)) as string | Uint8Array });

  it('with images, texts, labels by name, and what else a row holds', async () => {
    const examples = await memeTone.read(await folderOf(rows), 'train');
    expect(examples.map(({ text, answers, about }) => ({ text, answers, about }))).toEqual([
      { text: 'what a day', answers: [{ answer: 'ironic', score: 1 }], about: { source: 'forum' } },
      { text: 'thank you, "all"', answers: [{ answer: 'sincere', score: 1 }], about: { source: 'chat' } },
    ]);
    for (const { images } of examples) {
      expect(images).toHaveLength(1);
      expect(await decodeImage(await readImageBytes(images[0]!), { where: layout })).toMatchObject({
        width: 24,
        height: 16,
      });
    }
    expect(new Set(examples.map(({ id }) => id)).size).toBe(2);
  });

  it('and leaves out, counted and named, a row whose label is none, or stops at it', async () => {
    const folder = await folderOf([rows[0]!, { ...rows[1]!, tone: 'bitter' }]);
    const told: string[] = [];
    const read = await memeTone.read(folder, 'train', { onWarning: (message) => told.push(message) });
    expect(read.map(({ text }) => text)).toEqual([rows[0]!.caption]);
    const named = /(:[23]|, 1): the label is "bitter": write sincere, ironic, hostile\./;
    expect(told).toEqual([expect.stringMatching(/1 of 2 rows gives no example and is left out: /)]);
    expect(told[0]).toMatch(named);
    await expect(memeTone.read(folder, 'train', { badRows: 'refuse' })).rejects.toThrow(named);
  });

  it('and says which fields there are where one that it names is not', async () => {
    const folder = await folderOf(rows.map(({ tone, ...row }) => ({ ...row, mood: tone })));
    await expect(memeTone.read(folder, 'train')).rejects.toThrow(
      /no row has an answer in "tone".*there are .*caption.*mood.*name one of them/,
    );
    const textless = await folderOf(rows.map(({ caption, ...row }) => ({ ...row, words: caption })));
    await expect(memeTone.read(textless, 'train')).rejects.toThrow(
      /lacks "caption", has .*words|has .*words.*: no text for meme_tone \(caption\)/,
    );
  });

  it('and finds its validation by the usual names', async () => {
    expect(await memeTone.read(await folderOf(rows, 'validation'), 'validation')).toHaveLength(2);
    await expect(memeTone.read(await folderOf(rows, 'validation'), 'test')).rejects.toThrow(
      /has no split "test" for meme_tone|there are validation/,
    );
  });
});

describe.each(layouts.filter(([layout]) => !/images|WebDataset/.test(layout)))('%s', (_, nameOf, write) => {
  it('with an image that is not there is refused, or the row is passed over and told', async () => {
    const some = [rows[0]!, { ...rows[1]!, file: 'gone.png' }];
    const folder = await folderWith({ [nameOf('train')]: (await write(some)) as string | Uint8Array });
    await expect(memeTone.read(folder, 'train')).rejects.toThrow(
      /1 annotation names an image that is not there.*gone\.png/,
    );
    const warnings: string[] = [];
    const options = { missing: 'skip', onWarning: (message: string) => warnings.push(message) } as const;
    expect(await memeTone.read(folder, 'train', options)).toHaveLength(1);
    expect(warnings).toEqual([expect.stringMatching(/gone\.png: passed over/)]);
  });
});

it('a column of categories is read as the texts that they stand for', async () => {
  const categories = { ...textsOf(rows), tone: vectorFromArray(columnOf(rows, 'tone')) };
  const folder = await folderWith({ 'train.arrow': tableToIPC(new Table(categories), 'file') });
  const answers = (await memeTone.read(folder, 'train')).map((example) => example.answers[0]!.answer);
  expect(answers).toEqual(['ironic', 'sincere']);
});

it('a column of moments is an error as an answer, and not passed over as one that nobody gave', async () => {
  const moments = { ...textsOf(rows), tone: vectorFromArray(rows.map(() => new Date(0))) };
  const folder = await folderWith({ 'train.arrow': tableToIPC(new Table(moments), 'file') });
  await expect(memeTone.read(folder, 'train')).rejects.toThrow(
    /train\.arrow, column tone: is of type timestamp, which is not read: write it as texts/,
  );
});

describe('a task', () => {
  it('of two images has the usual names, or two of its own, or a list', async () => {
    const lines = jsonLines([{ left: 'a.png', right: 'b.png', both: ['a.png', 'b.png'], text: 't', label: 'True' }]);
    const folder = await folderWith({ 'train.jsonl': lines });
    const expected = [join(folder, 'a.png'), join(folder, 'b.png')];
    for (const image of [['left', 'right'], 'both'] as const) {
      const task = defineTask({ name: 'pairs', images: 2, answers: ['False', 'True'], fields: { image } });
      expect(task.images).toBe(2);
      expect((await task.read(folder, 'train'))[0]!.images).toEqual(expected);
    }
    expect(defineTask({ name: 'pairs', fields: { image: ['left', 'right'] } }).images).toBe(2);
    const usual = defineTask({ name: 'pairs', images: 2 });
    expect((await usual.read(folder, 'train'))[0]!.images).toEqual(expected);
    const others = jsonLines([{ one: 'a.png', other: 'b.png', text: 't', label: 'True' }]);
    await expect(usual.read(await folderWith({ 'train.jsonl': others }), 'train')).rejects.toThrow(
      'train.jsonl:1: lacks "image_0", has one, other, text, label: add it.',
    );
  });

  it('without a list of answers takes those of its training examples', async () => {
    const task = defineTask({ name: 'open', fields: { image: 'file', text: 'caption', label: 'tone' } });
    const folder = await folderWith({ 'train.jsonl': jsonLines(rows) });
    expect(await task.answers(folder)).toEqual(['Ironic', 'sincere']);
    expect(task.score('Ironic', (await task.read(folder, 'train'))[0]!)).toBe(1);
  });

  it('with a read of its own has no records to convert', () => {
    const task = defineTask({ name: 'mine', answers: ['a'], read: async () => [] });
    expect(task.records).toBeUndefined();
  });

  it('is refused where its name or its answers cannot be told apart', () => {
    expect(() => defineTask({ name: 'a b' })).toThrow('the name "a b" has other characters');
    expect(() => defineTask({ name: 'a', answers: ['yes', 'Yes'] })).toThrow('a has Yes twice');
  });

  it.each(convertedFormats)('is converted to %s and read again', async (format) => {
    const folder = await folderWith({ 'train.jsonl': jsonLines(rows) });
    const to = join(folder, 'converted');
    const options = { to, format, records: memeTone.records!, splits: ['train'] };
    for await (const { examples } of convertExamples(folder, options)) expect(examples).toBe(2);
    const [before, after] = [await memeTone.read(folder, 'train'), await memeTone.read(to, 'train')];
    expect(after.map(({ text, answers, about }) => ({ text, answers, about }))).toEqual(
      before.map(({ text, answers, about }) => ({ text, answers, about })),
    );
  });

  it('is found by a survey that knows it', async () => {
    const folder = await folderWith({ 'train.jsonl': jsonLines(rows) });
    const [survey] = await surveyData(folder, [...Object.values(shapes), memeTone.records!]);
    expect(survey!.records.name).toBe('meme_tone');
  });
});
