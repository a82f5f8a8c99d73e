import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { expectPicture, fixture, shapes } from './formats.fixture.ts';
import { openExamples } from './open-examples.ts';

const open = (name: string) => openExamples(fixture(`layouts/tables/${name}`), { records: shapes.vqa, split: 'train' });

describe('a table', () => {
  it.each([
    ['tab', 'CSV (train.csv)'],
    ['tsv', 'CSV (train.tsv)'],
    ['semicolon', 'CSV (train.csv)'],
    ['excel-unicode', 'CSV (train.csv)'],
  ])('of the kind %s gives its rows', async (name, layout) => {
    const found = await open(name);
    expect(found.layout).toBe(layout);
    expect(found.notices).toEqual([]);
    expect(found.examples.map(({ id, text, answers }) => [id.replace(/\.tsv/, '.csv'), text, answers])).toEqual([
      ['train.csv:2', 'is there a dog?', [{ answer: 'yes', score: 1 }]],
      ['train.csv:3', 'is it "red", or\nnot?', [{ answer: 'no', score: 1 }]],
    ]);
    await expectPicture(found.examples[1]!.images[0], 1);
  });

  it('that is no UTF-8 is read with a notice of the texts in which it shows', async () => {
    const { examples, notices } = await open('latin-1');
    expect(examples[1]!.text).toBe('is it "caf\uFFFD", or\nnot?');
    expect(notices).toHaveLength(1);
    expect(notices[0]).toMatch(
      /a text holds U\+FFFD, which stands for bytes that are no UTF-8, the first is train\.csv:3: /,
    );
  });

  it("of Python's json is read with its NaN, and with whole numbers that are longer than ours", async () => {
    const { examples } = await open('nan');
    expect(examples).toHaveLength(1);
    expect(examples[0]).toMatchObject({
      text: 'is it NaN, or -Infinity?',
      about: { image_id: '9223372036854775809', seen: ['9007199254740993', 7] },
    });
    expect(Object.keys(examples[0]!.about!)).toEqual(['image_id', 'seen']);
  });

  it('of the validation split may be called val', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tables-'));
    const [line, picture] = ['{"image": "0.png", "question": "is it?"}', fixture('layouts/tables/nan/0.png')];
    await Promise.all([writeFile(join(folder, 'val.jsonl'), line), copyFile(picture, join(folder, '0.png'))]);
    const { layout, examples } = await openExamples(folder, { records: shapes.vqa, split: 'validation' });
    expect([layout, examples[0]!.text]).toEqual(['JSON lines (val.jsonl)', 'is it?']);
    await rm(folder, { recursive: true });
  });
});
