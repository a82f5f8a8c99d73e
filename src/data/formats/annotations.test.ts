import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectPicture, fixture, shapes } from './formats.fixture.ts';
import { openExamples } from './open-examples.ts';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'annotations-'));
});
afterAll(() => rm(root, { recursive: true }));

/** A copy of a folder of test/files in which one file is changed. */
const changed = async (name: string, file: string, change: (text: string) => string): Promise<string> => {
  const folder = join(root, `${name}-${Math.random()}`);
  await cp(fixture(name), folder, { recursive: true });
  await writeFile(join(folder, file), change(await readFile(join(folder, file), 'utf8')));
  return folder;
};

describe('NLVR2 as its authors publish it', () => {
  it.each([
    ['train', 2, [0, 1]],
    ['validation', 1, [2, 3]],
    ['test', 1, [4, 3]],
  ] as const)('gives both pictures of %s', async (split, count, pictures) => {
    const { examples } = await openExamples(fixture('nlvr2'), { records: shapes.nlvr2, split });
    expect(examples).toHaveLength(count);
    for (const side of [0, 1]) await expectPicture(examples[0]!.images[side], pictures[side]!);
  });

  it('gives the statement, its truth, and its identifier for consistency', async () => {
    const { examples } = await openExamples(fixture('nlvr2'), { records: shapes.nlvr2, split: 'train' });
    expect(examples[1]).toMatchObject({
      id: 'train.json:2',
      text: 'The left one, train-10-0-1.',
      answers: [{ answer: 'False', score: 1 }],
      about: { identifier: 'train-10-0-1' },
    });
  });

  it('says what is wrong with an identifier, and which picture is missing', async () => {
    const odd = await changed('nlvr2', 'nlvr2/data/dev.json', (text) =>
      text.replace('dev-3-1-0", "left', 'dev-3", "left'),
    );
    await expect(openExamples(odd, { records: shapes.nlvr2, split: 'validation' })).rejects.toThrow(
      'dev.json:1: "identifier" is "dev-3": it must be split-set-pair-sentence.',
    );
    const lost = await changed('nlvr2', 'nlvr2/data/dev.json', (text) => text.replaceAll('dev-3-1-0', 'dev-9-1-0'));
    await expect(openExamples(lost, { records: shapes.nlvr2, split: 'validation' })).rejects.toThrow(
      '1 annotation names an image that is not there: dev.json:1: images/dev/dev-9-1-img0.png',
    );
  });
});

describe.each(['necla', 'albef'])('SNLI-VE as in %s', (layout) => {
  it('gives the hypotheses with labels by name', async () => {
    const { examples } = await openExamples(fixture(`snli-ve-${layout}`), { records: shapes.ve, split: 'validation' });
    expect(examples.map(({ text, answers }) => [text, answers[0]!.answer])).toEqual(
      ['entailment', 'neutral', 'contradiction'].map((label) => [`It is ${label}.`, label]),
    );
    await expectPicture(examples[2]!.images[0], 1);
  });
});

describe('the labels of SNLI-VE', () => {
  const labelled = (label: string) =>
    changed('snli-ve-albef', 'train.json', (text) => text.replace('"label":"neutral"', `"label":${label}`));

  it.each([
    ['"maybe"', 'train.json, entry 2: the label is "maybe": write contradiction, entailment, neutral.'],
    ['1', 'the label is 1, whose meaning differs between sets: write'],
    ['{"a": 1}', 'the label is {"a":1}: write'],
  ])('leave out the row that reads %s, counted and named, or stop at it', async (label, message) => {
    const query = { records: shapes.ve, split: 'train' } as const;
    const { examples, notices } = await openExamples(await labelled(label), query);
    expect(examples.map(({ answers }) => answers[0]!.answer)).toEqual(['entailment', 'contradiction']);
    expect(notices).toEqual([expect.stringMatching(/: 1 of 3 rows gives no example and is left out: /)]);
    expect(notices[0]).toContain(message);
    await expect(openExamples(await labelled(label), { ...query, badRows: 'refuse' })).rejects.toThrow(message);
  });

  it('may be in any case, and are none where annotators did not agree', async () => {
    const { examples } = await openExamples(await labelled('"Neutral "'), { records: shapes.ve, split: 'train' });
    expect(examples[1]!.answers).toEqual([{ answer: 'neutral', score: 1 }]);
    for (const none of ['"-"', 'null', '" "', '-1', '"-1"']) {
      const { examples: all } = await openExamples(await labelled(none), { records: shapes.ve, split: 'train' });
      expect(all.map(({ answers }) => answers.length)).toEqual([1, 0, 1]);
    }
  });
});

describe('captions in Karpathy splits', () => {
  it('are those of train and restval in COCO, each once for an image', async () => {
    const { layout, examples } = await openExamples(fixture('karpathy-coco'), {
      records: shapes.retrieval,
      split: 'train',
    });
    expect(layout).toContain('dataset_coco.json: train, restval, val, test');
    expect(examples.map(({ text, about }) => [text, about!.image_id])).toEqual(
      [0, 1].flatMap((k) => [0, 1].map((n) => [`A thing, number ${n}.`, k])),
    );
    await expectPicture(examples[0]!.images[0], 0);
    await expectPicture(examples[3]!.images[0], 1);
  });

  it('are those of the split in Flickr30k', async () => {
    const { examples } = await openExamples(fixture('karpathy-flickr30k'), {
      records: shapes.retrieval,
      split: 'test',
    });
    expect(examples).toHaveLength(2);
    await expectPicture(examples[0]!.images[0], 2);
  });

  it('are an error where the file is cut short, or the split is not there', async () => {
    const cut = await changed('karpathy-coco', 'dataset_coco.json', (text) => text.slice(0, 900));
    await expect(openExamples(cut, { records: shapes.retrieval, split: 'train' })).rejects.toThrow(
      'cut short or damaged: it ends inside an entry',
    );
    await expect(openExamples(fixture('karpathy-coco'), { records: shapes.retrieval, split: 'dev' })).rejects.toThrow(
      'holds no example that can be used',
    );
  });
});

it.each([
  ['gone', /gone: there is no such file or folder: check the path/],
  ['x'.repeat(300), /cannot be read \(ENAMETOOLONG\): check the path/],
])('a path that cannot be opened is told in a sentence: %s', async (path, message) => {
  await expect(openExamples(join(root, path), { records: shapes.vqa, split: 'train' })).rejects.toThrow(message);
});

describe('a plain folder', () => {
  it('gives the rows of a CSV file that pandas wrote', async () => {
    const { layout, examples } = await openExamples(fixture('tables'), { records: shapes.vqa, split: 'train' });
    expect(layout).toBe('CSV (train.csv)');
    expect(examples.map(({ text, answers }) => [text, answers[0]!.answer])).toEqual(
      ['yes', 'no', 'yes'].map((answer, k) => [`is it "${k}",\nor not?`, answer]),
    );
    await expectPicture(examples[2]!.images[0], 2);
  });

  it('gives the lines of a JSON lines file that pandas wrote', async () => {
    const { examples } = await openExamples(fixture('tables'), { records: shapes.vqa, split: 'validation' });
    expect(examples.map(({ text }) => text)).toEqual(['is it 0?', 'is it 1?']);
    await expectPicture(examples[1]!.images[0], 1);
  });
});
