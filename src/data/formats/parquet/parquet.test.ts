import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectPicture, fixture, shapes } from '../formats.fixture.ts';
import { openExamples } from '../open-examples.ts';

describe('parquet files of the Hugging Face hub', () => {
  it('give VQAv2 with what every annotator said, over files and row groups', async () => {
    const { layout, examples } = await openExamples(fixture('parquet/vqav2'), {
      records: shapes.vqa,
      split: 'validation',
    });
    expect(layout).toContain('validation-00000-of-00002.parquet, validation-00001-of-00002.parquet');
    expect(examples).toHaveLength(6);
    expect(examples[3]).toMatchObject({
      id: 'validation-00000-of-00002.parquet:4',
      text: 'is it 3?',
      answers: [
        { answer: 'yes', score: 1 },
        { answer: 'no', score: 0.9 },
        { answer: 'red', score: 0.3 },
      ],
      about: { question_id: 30, image_id: 3, answer_type: 'yes/no', answers: expect.arrayContaining(['yes', 'red']) },
    });
    for (const i of [4, 0, 3, 5]) await expectPicture(examples[i]!.images[0], i % 5);
  });

  it('give Flickr30k, of which only the rows of the split are taken, out of zstd', async () => {
    const { examples } = await openExamples(fixture('parquet/flickr30k'), { records: shapes.retrieval, split: 'test' });
    expect(examples.map(({ text, answers }) => [text, answers])).toEqual([
      ['a thing', []],
      ['thing 2', []],
    ]);
    await expectPicture(examples[1]!.images[0], 2);
  });

  it.each(['phando', 'sedrickkeh'])('give SNLI-VE as %s keeps it, with labels by name', async (who) => {
    const { examples } = await openExamples(fixture(`parquet/snli-ve-${who}`), { records: shapes.ve, split: 'train' });
    expect(examples.map(({ answers }) => answers[0]!.answer)).toEqual(['entailment', 'neutral', 'contradiction']);
    await expectPicture(examples[1]!.images[0], 1);
  });

  it('say what they hold where it is not for the task', async () => {
    const file = fixture('parquet/flickr30k/data/test-00000-of-00001.parquet');
    await expect(openExamples(file, { records: shapes.vqa, split: 'test' })).rejects.toThrow(
      'has image, caption, sentids, split, img_id, filename: no text for vqa',
    );
    await expect(openExamples(file, { records: shapes.nlvr2, split: 'test' })).rejects.toThrow('no image for nlvr2');
  });
});

describe('a parquet file that is not whole', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'parquet-'));
    await cp(fixture('parquet/vqav2'), folder, { recursive: true });
  });
  afterAll(() => rm(folder, { recursive: true }));

  it.each<[string, (bytes: Buffer) => Buffer, string]>([
    ['lacks its end', (bytes) => bytes.subarray(0, -100), 'does not end with PAR1: it is cut short'],
    [
      'lacks its middle',
      (bytes) => Buffer.concat([bytes.subarray(0, 100), bytes.subarray(-4000)]),
      'cut short or damaged',
    ],
    ['is empty', () => Buffer.alloc(0), 'is no parquet file, but 0 bytes'],
    [
      'claims a huge footer',
      (bytes) => Buffer.concat([bytes.subarray(0, -8), Buffer.from([255, 255, 255, 255]), bytes.subarray(-4)]),
      'its footer claims 4294967295 bytes',
    ],
  ])('and %s is refused', async (_, change, message) => {
    const name = 'validation-00001-of-00002.parquet';
    await writeFile(join(folder, 'data', name), change(await readFile(fixture(`parquet/vqav2/data/${name}`))));
    await expect(openExamples(folder, { records: shapes.vqa, split: 'validation' })).rejects.toThrow(message);
  });
});
