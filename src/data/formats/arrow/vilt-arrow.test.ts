import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectPicture, fixture, shapes } from '../formats.fixture.ts';
import { openAnswers, openExamples } from '../open-examples.ts';
import { readArrow } from './file.ts';

const vilt = fixture('vilt-arrow');

describe('the Arrow files of the ViLT code', () => {
  it('give the questions of train and of most of val, over several batches', async () => {
    const { layout, examples } = await openExamples(vilt, { records: shapes.vqa, split: 'train' });
    expect(layout).toContain('vqav2_train.arrow, vqav2_trainable_val.arrow');
    expect(examples).toHaveLength(8);
    expect(examples[4]).toMatchObject({
      id: 'vqav2_train.arrow:3 text 1',
      text: 'is it 2 0?',
      answers: [
        { answer: 'yes', score: 1 },
        { answer: 'no', score: 0.3 },
      ],
      about: { question_id: 20, image_id: 2 },
    });
    expect(examples[5]!.answers).toEqual([{ answer: 'red', score: 0.9 }]);
    // At random, as shuffled training asks for them.
    for (const i of [7, 2, 4, 0]) await expectPicture(examples[i]!.images[0], i >> 1);
  });

  it('give the last images of val as validation, and test without answers', async () => {
    const { examples } = await openExamples(vilt, { records: shapes.vqa, split: 'validation' });
    await expectPicture(examples[0]!.images[0], 4);
    const test = await openExamples(vilt, { records: shapes.vqa, split: 'test' });
    expect(test.examples).toMatchObject([{ text: 'is it?', answers: [], about: { question_id: 990 } }]);
  });

  it('say the classes by their numbers', async () => {
    expect(await openAnswers(vilt, shapes.vqa)).toEqual(['no', 'yes', 'red']);
  });

  it.each([
    ['train', 0],
    ['validation', 1],
    ['test', 2],
  ])('give both images of NLVR2 %s', async (split, k) => {
    const { examples } = await openExamples(vilt, { records: shapes.nlvr2, split });
    expect(examples.map(({ text, answers, about }) => [text, answers[0]!.answer, about!.identifier])).toEqual([
      ['both are green', 'True', 'train-1-0-0'],
      ['one is red', 'False', 'train-1-0-1'],
    ]);
    await expectPicture(examples[1]!.images[0], k);
    await expectPicture(examples[1]!.images[1], k + 1);
  });

  it('give the hypotheses of SNLI-VE with their labels by name', async () => {
    const { examples } = await openExamples(vilt, { records: shapes.ve, split: 'validation' });
    expect(examples.map(({ answers }) => answers[0]!.answer).slice(0, 3)).toEqual([
      'entailment',
      'contradiction',
      'neutral',
    ]);
    await expectPicture(examples[5]!.images[0], 3);
  });

  it('give the captions of every set, each once for an image', async () => {
    const { layout, examples } = await openExamples(vilt, { records: shapes.retrieval, split: 'train' });
    for (const name of ['coco_caption_karpathy_restval', 'f30k', 'conceptual_caption_train_1', 'sbu_0', 'vg']) {
      expect(layout).toContain(name);
    }
    expect(examples.slice(0, 2).map(({ text }) => text)).toEqual(['a  green thing', 'a thing']);
    expect(examples).toHaveLength(6 * 4 + 2);
    const { examples: one } = await openExamples(join(vilt, 'vg.arrow'), { records: shapes.retrieval, split: 'train' });
    expect(one.map(({ text }) => text)).toEqual(['a leg', 'a hat']);
  });
});

describe('an Arrow file that is not whole', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'arrow-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  const damagedBy = async (change: (bytes: Buffer) => Buffer): Promise<unknown> => {
    const bytes = await readFile(join(vilt, 'vqav2_train.arrow'));
    await writeFile(join(folder, 'vqav2_train.arrow'), change(bytes));
    return openExamples(folder, { records: shapes.vqa, split: 'train' });
  };

  it.each<[string, (bytes: Buffer) => Buffer, string]>([
    ['lacks its last byte', (bytes) => bytes.subarray(0, -1), 'does not end with ARROW1: it is cut short'],
    ['is empty', () => Buffer.alloc(0), 'is no Arrow file, but 0 bytes'],
    ['is another file', () => Buffer.alloc(100, 'x'), 'begins neither with ARROW1'],
    [
      'claims a huge footer',
      (bytes) => Buffer.concat([bytes.subarray(0, -10), Buffer.from([255, 255, 255, 127]), bytes.subarray(-6)]),
      'its footer claims 2147483647',
    ],
  ])('and %s is refused', async (_, change, message) => {
    await expect(damagedBy(change)).rejects.toThrow(message);
  });

  it('and lacks a column says which it has', async () => {
    await cp(join(vilt, 'sbu_0.arrow'), join(folder, 'vqav2_rest_val.arrow'));
    await expect(openExamples(folder, { records: shapes.vqa, split: 'validation' })).rejects.toThrow(
      /has no column questions, .*has image, caption/,
    );
  });

  it('is read by column, without its pictures', async () => {
    const rows: unknown[] = [];
    for await (const batch of readArrow(join(vilt, 'vg.arrow'), ['width', 'image_id']))
      rows.push([...batch.columns.values()].map(({ at }) => at(0)));
    expect(rows).toEqual([[[3, 4], '12']]);
  });
});
