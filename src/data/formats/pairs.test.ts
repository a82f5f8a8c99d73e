import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readImage } from '../image.ts';
import { expectPicture, fixture, shapes } from './formats.fixture.ts';
import { openExamples } from './open-examples.ts';

const pairs = (name: string): string => fixture(`layouts/pairs/${name}`);

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'pairs-'));
});
afterAll(() => rm(root, { recursive: true }));

/** A folder with one file, whose pictures are not looked at. */
const folderWith = async (name: string, text: string): Promise<string> => {
  const folder = await mkdtemp(join(root, 'one-'));
  for (const k of [0, 1]) await cp(pairs('flickr8k/Flicker8k_Dataset/0.jpg'), join(folder, `${k}.jpg`));
  await writeFile(join(folder, name), text);
  return folder;
};

describe.each(['', '-arrow'])('two images of a row%s', (end) => {
  it.each(['sides', 'list', 'binary'])('are read out of %s', async (name) => {
    const { examples } = await openExamples(pairs(name + end), { records: shapes.nlvr2, split: 'train' });
    expect(examples.map(({ text, images }) => [text, images.length])).toEqual([
      ['both are green', 2],
      ['one is red', 2],
    ]);
    for (const k of [3, 0, 2, 1]) await expectPicture(examples[k >> 1]!.images[k % 2], k);
  });

  it('are read with answers that are a map', async () => {
    const { examples } = await openExamples(pairs(`map${end}`), { records: shapes.vqa, split: 'train' });
    expect(examples.map(({ answers }) => answers.map(({ answer, score }) => [answer, score]))).toEqual([
      [
        ['yes', 1],
        ['no', 0.5],
      ],
      [['no', 1]],
    ]);
  });
});

describe('a list of too few images', () => {
  it('is left out of an Arrow table', async () => {
    const { examples, notices } = await openExamples(pairs('lacking-arrow'), { records: shapes.nlvr2, split: 'train' });
    expect(examples.map(({ text }) => text)).toEqual(['one is red']);
    expect(notices).toEqual([expect.stringMatching(/train\.feather:1: has 1 of 2 images/)]);
  });

  it('is an error of its images in parquet, which are read later', async () => {
    const { examples } = await openExamples(pairs('lacking'), { records: shapes.nlvr2, split: 'train' });
    await expect(readImage(examples[0]!.images[0]!)).rejects.toThrow(/0000\.parquet:1 image 1: "images" holds 1 of 2 /);
    await expectPicture(examples[1]!.images[0], 2);
  });
});

it('a link in a shard is the file that it stands for', async () => {
  const { examples } = await openExamples(pairs('links.tar'), { records: shapes.retrieval, split: 'train' });
  expect(examples.map(({ text }) => text)).toEqual(['thing 0', 'thing 1', 'thing 2']);
  for (const { images } of examples) await expectPicture(images[0], 1);
});

it.each([
  ['train', 'Thing 0 .', 0],
  ['validation', 'Thing 1 .', 1],
  ['test', 'Thing 2 .', 2],
])("Flickr8k's lists of images say which captions are %s", async (split, text, picture) => {
  const { examples, notices } = await openExamples(pairs('flickr8k'), { records: shapes.retrieval, split });
  expect(examples.map((example) => example.text)).toEqual([text]);
  await expectPicture(examples[0]!.images[0], picture);
  expect(notices).toEqual([expect.stringMatching(/1 of 4 rows .*token\.txt:2: is no name of an image.*: no caption/)]);
});

describe('a list in JSON', () => {
  const row = '{"image": "0.jpg", "question": "is it?", "answer": "yes"}';
  const open = async (text: string) =>
    openExamples(await folderWith('train.json', text), { records: shapes.vqa, split: 'train' });

  it('gives its objects, and counts what is none', async () => {
    const { examples, notices } = await open(`\uFEFF[${row}, "a, ]b", ${row}, -1.5, ${row}, null , ${row}]  \n `);
    expect(examples).toHaveLength(4);
    expect(notices).toEqual([
      'train.json: 3 of 7 rows give no example and are left out: train.json, entry 2: not an object but "a, ]b": check that it is the right file. train.json, entry 4: not an object but -1.5: check that it is the right file. train.json, entry 6: not an object but null: check that it is the right file.',
    ]);
  });

  it.each(['[]', '{}', '7', '"]"'])('with %s behind it is an error', async (behind) => {
    await expect(open(`[${row}]\n${behind}`)).rejects.toThrow('something stands behind the end of its list');
  });
});

it('two columns of one name are an error', async () => {
  const folder = await folderWith('train.csv', ',,image,question,answer,answer\n0,0,0.jpg,is it?,yes,no\n');
  await expect(openExamples(folder, { records: shapes.vqa, split: 'train' })).rejects.toThrow(
    'train.csv:1: two columns are called "answer"',
  );
});

describe('a row', () => {
  const open = async (name: 'vqa' | 'retrieval', rows: readonly object[]) =>
    openExamples(await folderWith('train.jsonl', rows.map((row) => `${JSON.stringify(row)}\n`).join('')), {
      records: shapes[name],
      split: 'train',
    });

  it('without a path or with a blank text gives no example', async () => {
    const whole = { image: '0.jpg', question: 'is it?', answer: 'yes' };
    const { examples, notices } = await open('vqa', [
      whole,
      { ...whole, image: '' },
      { ...whole, question: ' ' },
      whole,
    ]);
    expect(examples).toHaveLength(2);
    expect(notices[0]).toMatch(
      /2 of 4 rows .*:2: "image" is "": .*:3: "question" is " ": it must be a text that is not/,
    );
  });

  it('gives the captions of lists in a list, each once', async () => {
    const { examples } = await open('retrieval', [
      {
        image: '0.jpg',
        captions: [
          ['a dog', ' '],
          ['a cat', 'a dog'],
        ],
      },
    ]);
    expect(examples.map(({ text }) => text)).toEqual(['a dog', 'a cat']);
  });
});

it('an annotation of VQAv2 without a choice does not count for the classes, and is told', async () => {
  const folder = await mkdtemp(join(root, 'vqav2-'));
  await cp(fixture('vqav2'), folder, { recursive: true });
  const file = join(folder, 'v2_mscoco_train2014_annotations.json');
  const before = await openExamples(folder, { records: shapes.vqa, split: 'train' });
  const json = JSON.parse(await readFile(file, 'utf8'));
  const [first] = json.annotations;
  json.annotations.push({ ...first, question_id: 999_999, multiple_choice_answer: null });
  await writeFile(file, JSON.stringify(json));
  const { examples, answers, notices } = await openExamples(folder, { records: shapes.vqa, split: 'train' });
  expect(answers).toEqual(before.answers);
  expect(examples.map(({ answers: own }) => own)).toEqual(before.examples.map(({ answers: own }) => own));
  expect(notices.join('\n')).toMatch(
    /the classes: 1 of \d+ rows .*"multiple_choice_answer" is null: it must be a text/,
  );
});
