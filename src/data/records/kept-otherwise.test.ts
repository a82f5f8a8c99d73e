import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectPicture, fixture, shapes } from '../formats/formats.fixture.ts';
import { openExamples } from '../formats/open-examples.ts';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'kept-otherwise-'));
});
afterAll(() => rm(root, { recursive: true }));

const table = (name: string) => fixture(`layouts/kept-otherwise/${name}`);
const captionsOf = (path: string) => openExamples(path, { records: shapes.retrieval, split: 'train' });

describe.each(['lz4', 'binary-texts', 'lists-of-bytes', 'paths', 'sentences'])(
  'pictures and captions as %s',
  (name) => {
    const files = ['train.parquet', ...(name === 'binary-texts' ? [] : ['rows.arrow'])];
    it.each(files)('are read from %s', async (file) => {
      const { examples, notices } = await captionsOf(table(`${name}/${file}`));
      expect(examples.map(({ text }) => text)).toEqual(['thing 0', 'thing 1']);
      expect(notices).toEqual([]);
      for (const k of [1, 0]) await expectPicture(examples[k]!.images[0], k);
    });
  },
);

it('captions that Arrow says are binary are an error with the name of the column', async () => {
  await expect(captionsOf(table('binary-texts/rows.arrow'))).rejects.toThrow('"caption" is binary, not text: cast it');
});

describe('a question', () => {
  const picture = fixture('layouts/captions-a-row/files/0.png');
  const folderWith = async (files: Readonly<Record<string, string>>): Promise<string> => {
    const folder = await mkdtemp(join(root, 'rows-'));
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
    return folder;
  };
  const open = async (row: object) =>
    openExamples(await folderWith({ 'train.jsonl': JSON.stringify({ image: picture, question: 'is it?', ...row }) }), {
      records: shapes.vqa,
      split: 'train',
    });

  it.each([
    [{ answer: 1, choices: ['yes', 'no'] }, [{ answer: 'no', score: 1 }]],
    [{ answer: 2, choices: [1, 2, 3] }, [{ answer: '2', score: 1 }]],
    [{ answer: 2 }, [{ answer: '2', score: 1 }]],
    [
      { direct_answers: ['yes', 'yes', 'no'], choices: ['no', 'yes'], correct_choice_idx: 1 },
      [
        { answer: 'yes', score: 0.6 },
        { answer: 'no', score: 0.3 },
      ],
    ],
  ])('of several choices has the answer that %j means', async (row, answers) => {
    expect((await open(row)).examples[0]!.answers).toEqual(answers);
  });

  it('whose answer stands in a field that is not read is told of', async () => {
    const { notices } = await open({ gt_answer: 'yes' });
    expect(notices).toEqual([
      expect.stringContaining('no row has an answer for vqa, and gt_answer is not read as one: call it "answer"'),
    ]);
    expect((await open({ answer: 'yes', gt_answer: 'yes' })).notices).toEqual([]);
  });

  it('with a list of pictures where it has one is an error', async () => {
    await expect(open({ image: [picture, picture] })).rejects.toThrow('"image" has 2 of 1 image');
  });

  it('in a second table of the split is told of', async () => {
    const folder = await folderWith({
      'train.jsonl': JSON.stringify({ image: picture, question: 'is it?', answer: 'yes' }),
      'train.csv': 'image,question,answer\n',
    });
    const { notices } = await openExamples(folder, { records: shapes.vqa, split: 'train' });
    expect(notices).toEqual([
      expect.stringContaining('train.csv not read, since the split is read from JSON lines (train.jsonl)'),
    ]);
  });
});

it('an image of Karpathy without a sentence is counted', async () => {
  const image = { filename: 'a.png', split: 'train', imgid: 1 };
  const images = [
    { ...image, sentences: [{ raw: 'a dog' }] },
    { ...image, sentences: [] },
  ];
  await writeFile(join(root, 'dataset_coco.json'), JSON.stringify({ images }));
  await writeFile(join(root, 'a.png'), '');
  const { examples, notices } = await captionsOf(root);
  expect(examples.map(({ text }) => text)).toEqual(['a dog']);
  expect(notices).toEqual([expect.stringMatching(/1 of 2 rows .*entry 2: "sentences" is \[\]/)]);
});
