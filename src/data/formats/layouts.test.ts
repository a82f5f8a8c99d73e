import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { imageName } from '../pictures/image-name.ts';
import { expectPicture, fixture, type ShapeName, shapes } from './formats.fixture.ts';
import { openExamples } from './open-examples.ts';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'layouts-'));
});
afterAll(() => rm(root, { recursive: true }));

const folder = (name: string): string => fixture(`layouts/annotations/${name}`);

const open = (name: string, task: ShapeName = 'retrieval', split = 'train') =>
  openExamples(folder(name), { records: shapes[task], split });

describe('captions', () => {
  it.each([
    ['albef-flickr', 'train', ['thing 0, 0', 'thing 0, 1', 'thing 1, 0', 'thing 1, 1']],
    ['albef-flickr', 'test', ['thing 0, 0', 'thing 0, 1', 'thing 1, 0', 'thing 1, 1']],
    ['albef-flickr/flickr30k_test.json', 'train', ['thing 0, 0', 'thing 0, 1', 'thing 1, 0', 'thing 1, 1']],
    ['lavis-coco', 'train', ['thing 0', 'thing 1']],
    ['lavis-coco', 'validation', ['thing 0', 'a thing', 'thing 1', 'a thing']],
    ['coco', 'train', ['thing 0, 0', 'thing 0, 1', 'thing 1, 0', 'thing 1, 1']],
    ['coco', 'validation', ['thing 0, 0', 'thing 0, 1', 'thing 1, 0', 'thing 1, 1']],
    ['coco', 'val2014', ['thing 0, 0', 'thing 0, 1', 'thing 1, 0', 'thing 1, 1']],
    ['flickr-hub', 'train', ['thing 0', 'a thing']],
    ['flickr8k-kaggle', 'train', ['thing 0', 'a thing, red', 'thing 1']],
    ['flickr8k-kaggle/captions.txt', 'train', ['thing 0', 'a thing, red', 'thing 1']],
    ['flickr8k-tokens', 'train', ['Thing 0 , 0 .', 'Thing 0 , 1 .', 'Thing 1 , 0 .', 'Thing 1 , 1 .']],
    ['imagefolder', 'train', ['thing 0', 'thing 1']],
    ['imagefolder-lines', 'train', ['thing 0', 'thing 1']],
    ['open-clip', 'train', ['thing 0', 'thing 1']],
    ['open-clip/train.csv', 'train', ['thing 0', 'thing 1']],
    ['imagefolder-lines/metadata.jsonl', 'train', ['thing 0', 'thing 1']],
    ['accents', 'train', ['thing 0', 'thing 1']],
  ])('of %s, %s, are read with their pictures', async (name, split, texts) => {
    const { examples, notices } = await open(name, 'retrieval', split);
    expect(examples.map(({ text }) => text)).toEqual(texts);
    expect(notices).toEqual([]);
    await expectPicture(examples[0]!.images[0], 0);
    await expectPicture(examples.at(-1)!.images[0], name === 'flickr-hub' ? 0 : 1);
  });

  it('of one image are about one image', async () => {
    const { examples } = await open('albef-flickr');
    expect(new Set(examples.map(({ images }) => imageName(images[0]!))).size).toBe(2);
  });

  it("of a split by the table's own column are those of the split", async () => {
    const { examples } = await open('flickr-hub', 'retrieval', 'test');
    expect(examples.map(({ text, about }) => [text, about])).toEqual([
      ['thing 1', { image_id: '1.jpg' }],
      ['a thing', { image_id: '1.jpg' }],
    ]);
  });

  it("of Kaggle's table are read but for the row that lacks a separator, which is told of", async () => {
    const { examples, notices } = await open('flickr-kaggle');
    expect(examples.map(({ text }) => text)).toEqual(['Thing 0 .', '"A thing" , it says .', 'Thing 1 .']);
    expect(notices).toEqual([
      expect.stringMatching(/results\.csv: 1 of 4 rows .* left out: results\.csv:4: has 2 values for 3 names/),
    ]);
    await expectPicture(examples[2]!.images[0], 1);
  });

  it('as pandas writes a table are read, but for a row without one, and so is an object a line of that name', async () => {
    const { examples, notices } = await open('pandas');
    expect(examples.map(({ text }) => text)).toEqual(['thing 0']);
    expect(notices).toHaveLength(1);
    expect((await open('pandas', 'retrieval', 'test')).examples.map(({ text }) => text)).toEqual(['thing 1']);
  });

  it('of COCO in two years are an error that asks for one, which may be named', async () => {
    const copy = join(root, 'coco');
    await cp(folder('coco'), copy, { recursive: true });
    await cp(join(copy, 'annotations/captions_val2014.json'), join(copy, 'annotations/captions_val2017.json'));
    const read = (split: string) => openExamples(copy, { records: shapes.retrieval, split });
    await expect(read('validation')).rejects.toThrow(
      'has captions_val2014.json and captions_val2017.json: name one of them as the split: val2014.',
    );
    expect((await read('val2014')).examples).toHaveLength(4);
  });
});

describe('the JSON of ALBEF, BLIP and LAVIS', () => {
  it('gives questions with the answers of all annotators', async () => {
    const { layout, examples } = await open('vqa', 'vqa');
    expect(layout).toBe('JSON list (vqa_train.json)');
    expect(examples.map(({ text, answers, about }) => [text, answers, about!.question_id])).toEqual(
      [0, 1].map((k) => [
        `is it ${k}?`,
        [
          { answer: 'yes', score: 0.6 },
          { answer: 'no', score: 0.3 },
        ],
        10 + k,
      ]),
    );
    await expectPicture(examples[1]!.images[0], 1);
    expect((await open('vqa', 'vqa', 'validation')).examples).toHaveLength(2);
    expect((await open('vqa', 'vqa', 'test')).examples).toMatchObject([{ text: 'is it?', answers: [] }]);
  });

  it('is read as the reference reads pictures, where it has the name of a published set', async () => {
    expect((await open('vqa', 'vqa')).examples[0]!.pictures).toBe('as-vilt');
    expect((await open('pandas')).examples[0]!.pictures).toBeUndefined();
  });

  it.each(['train', 'validation', 'test'])('gives statements about two pictures of %s', async (split) => {
    const { examples } = await open('nlvr', 'nlvr2', split);
    expect(examples).toMatchObject([{ answers: [{ answer: 'True', score: 1 }] }]);
    await expectPicture(examples[0]!.images[0], 0);
    await expectPicture(examples[0]!.images[1], 1);
  });

  it.each(['train', 'validation', 'test'])('gives hypotheses of %s, whose images have no ending', async (split) => {
    const { examples } = await open('ve', 've', split);
    expect(examples.map(({ text, answers: [one] }) => [text, one!.answer])).toEqual([
      ['it is 0', 'entailment'],
      ['it is 1', 'neutral'],
    ]);
    await expectPicture(examples[1]!.images[0], 1);
  });
});
