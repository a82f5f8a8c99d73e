import { copyFile, cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UserError } from '../../../errors.ts';
import { expectPicture, fixture, shapes } from '../formats.fixture.ts';
import { openAnswers, openExamples } from '../open-examples.ts';
import { readArrow } from './file.ts';

const arrow = (name: string): string => fixture(`layouts/arrow/${name}`);

const open = (path: string, split = 'train') => openExamples(path, { records: shapes.vqa, split });

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'arrow-layouts-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe.each([
  'file',
  'stream',
  'stream-old',
  'large',
  'view',
  'dictionary',
  'others',
  'others-stream',
  'compressed',
  'compressed-zstd',
])("the ViLT code's table as %s", (name) => {
  it('gives its rows, its pictures and the order of its answers', async () => {
    const { examples } = await open(arrow(name));
    expect(examples.map(({ text, answers, about }) => [text, answers, about!.question_id, about!.image_id])).toEqual([
      ['is it green, as you see it?', [{ answer: 'yes', score: 1 }], 1, 1],
      [
        'two?',
        [
          { answer: 'no', score: 0.3 },
          { answer: 'yes', score: 0.6 },
        ],
        2,
        1,
      ],
      ['is it red?', [{ answer: 'no', score: 1 }], 3, '1152921504606846977'],
    ]);
    await expectPicture(examples[0]!.images[0], 0);
    await expectPicture(examples[2]!.images[0], 1);
    expect(await openAnswers(arrow(name), shapes.vqa)).toEqual(['yes', 'no']);
  });
});

describe('a table', () => {
  it('gives its rows behind columns of every type, with those that are texts, numbers and lists or structs of them', async () => {
    const { examples } = await open(arrow('table'));
    expect(examples.map(({ text, answers: [one] }) => [text, one!.answer])).toEqual([
      ['is it green, as you see it?', 'yes'],
      ['is it red?', 'no'],
    ]);
    expect(examples[0]!.about).toEqual({
      flag: true,
      point: { x: 1, y: 'z' },
      box: [1, 2, 3, 4],
      tags: [{ key: 'a', value: 1 }],
      word: 'w',
      words: ['u'],
      small: -1,
      huge: '18446744073709551615',
    });
    await expectPicture(examples[1]!.images[0], 1);
  });

  it('of several batches may change a dictionary between them, or add to it', async () => {
    const answersOf = async (name: string) =>
      (await open(arrow(name))).examples.map(({ answers: [one] }) => one!.answer);
    expect(await answersOf('replaced')).toEqual(['red', 'blue']);
    expect(await answersOf('deltas')).toEqual(['blue', 'green']);
  });

  it.each(['compressed', 'compressed-zstd'])('that is %s and damaged is an error of the user', async (name) => {
    const bytes = await readFile(join(arrow(name), 'vqav2_train.arrow'));
    const copy = join(folder, name, 'vqav2_train.arrow');
    await mkdir(join(folder, name));
    let refused = 0;
    for (let at = 500; at < bytes.length; at += 97) {
      const changed = Buffer.from(bytes);
      changed[at]! ^= 0xff;
      await writeFile(copy, changed);
      const error = await open(copy).then(
        () => undefined,
        (failure: unknown) => failure,
      );
      if (error !== undefined) expect(error, `byte ${at}`).toBeInstanceOf(UserError);
      refused += Number(error !== undefined);
    }
    expect(refused).toBeGreaterThan(3);
  });

  it('that is read by column gives bytes of views, short and long', async () => {
    for await (const { columns } of readArrow(join(arrow('table'), 'train.arrow'), ['view'])) {
      const values = [0, 1].map((row) => columns.get('view')!.at(row));
      const read = await Promise.all(
        values.map((one) => (typeof one === 'object' && one !== null && 'read' in one ? one.read() : undefined)),
      );
      expect(read.map((bytes) => Buffer.from(bytes!).toString())).toEqual(['short', 'longer than twelve bytes']);
    }
  });
});

describe("a folder of datasets' save_to_disk", () => {
  it('gives all files of its split, with class labels by name', async () => {
    const { layout, examples } = await open(arrow('disk'));
    expect(layout).toBe('Arrow tables (data-00000-of-00002.arrow, data-00001-of-00002.arrow)');
    expect(examples.map(({ text, answers: [one] }) => [text, one!.answer])).toEqual([
      ['is it 0?', 'no'],
      ['is it 1?', 'yes'],
      ['is it 2?', 'no'],
    ]);
    for (const [k, { images }] of examples.entries()) await expectPicture(images[0], k);
    await expect(open(arrow('disk'), 'validation')).rejects.toThrow('has no split "validation"');
  });

  it('with several splits gives each, also from its own folder', async () => {
    expect((await open(arrow('disks'))).examples).toHaveLength(2);
    const validation = await open(arrow('disks'), 'validation');
    expect(validation.examples.map(({ text }) => text)).toEqual(['is it 2?']);
    await expectPicture(validation.examples[0]!.images[0], 2);
    expect((await open(join(arrow('disks'), 'validation'), 'validation')).examples).toHaveLength(1);
    await expect(open(join(arrow('disks'), 'validation'))).rejects.toThrow('has no split "train"');
    expect((await open(join(arrow('disk'), 'data-00001-of-00002.arrow'))).examples).toHaveLength(1);
  });

  it('is refused where it picks rows of its files, or its state is damaged', async () => {
    const state = join(folder, 'picked', 'state.json');
    await cp(arrow('disk'), join(folder, 'picked'), { recursive: true });
    const text = await readFile(state, 'utf8');
    await writeFile(state, text.replace('{', '{"_indices_data_files": [{"filename": "indices.arrow"}],'));
    await expect(open(join(folder, 'picked'))).rejects.toThrow('picks some rows of its files');
    await writeFile(state, text.slice(0, 40));
    await expect(open(join(folder, 'picked'))).rejects.toThrow('names no "_data_files"');
  });

  it('of its cache gives the split by the end of a name', async () => {
    const cache = join(folder, 'cache');
    await mkdir(cache);
    for (const name of ['dataset_info.json', 'data-00000-of-00001.arrow'])
      await copyFile(join(arrow('disks'), 'validation', name), join(cache, name.replace('data-', 'mine-train-')));
    await rm(join(cache, 'mine-train-set_info.json'), { force: true });
    await copyFile(join(arrow('disks'), 'validation', 'dataset_info.json'), join(cache, 'dataset_info.json'));
    expect((await open(cache)).examples.map(({ text }) => text)).toEqual(['is it 2?']);
  });
});

describe('a stream', () => {
  it('that is cut short is refused, wherever it is not cut between two messages', async () => {
    const whole = await readFile(join(arrow('stream'), 'vqav2_train.arrow'));
    const path = join(folder, 'vqav2_train.arrow');
    for (let end = 100; end < whole.length - 8; end += 97) {
      await writeFile(path, whole.subarray(0, end));
      await expect(open(path), `${end}`).rejects.toThrow(/cut short or damaged|its metadata make no sense/);
    }
  });
});
