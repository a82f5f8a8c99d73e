import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fixture, type ShapeName, shapes, tarOf } from '../formats/formats.fixture.ts';
import { openExamples } from '../formats/open-examples.ts';
import { doubtfulAnswers } from './doubtful-answers.ts';
import { isNoAnswer } from './no-answer.ts';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'doubtful-'));
});
afterAll(() => rm(root, { recursive: true }));

const image = fixture('layouts/captions-a-row/files/0.png');

const open = async (name: string, content: string | Uint8Array, task: ShapeName = 'vqa') => {
  const folder = await mkdtemp(join(root, 'folder-'));
  await writeFile(join(folder, name), content);
  const { examples, notices } = await openExamples(folder, { records: shapes[task], split: 'train' });
  return { examples, notices: notices.map((one) => one.slice(folder.length + 2)) };
};

const lines = (rows: readonly object[]): string => rows.map((row) => `${JSON.stringify({ image, ...row })}\n`).join('');

describe('what may be no answer is told', () => {
  it('of classes that differ in case or spaces alone, or stand for no value', () => {
    expect(doubtfulAnswers(['yes', 'no', 'Yes', 'yes ', 'a  b', 'a b', 'None', 'none of them'])).toEqual([
      '"yes" / "Yes" / "yes ", "a  b" / "a b": answers that differ in case or spaces alone, each of which is a class',
      '"None": learnt as an answer; where none is known, leave the field out',
    ]);
    expect(doubtfulAnswers(['yes', 'no', 'none', ''])).toEqual([]);
  });

  it('of numbers beside the answers that are not read as their scores', async () => {
    const row = { question: 'what?', answers: ['yes', 'no'], probabilities: [0.9, 0.1] };
    expect((await open('train.jsonl', lines([row]))).notices).toEqual([
      'probabilities, a number for each answer of a row, is not read as a score: call it "answer_scores", between 0 and 1.',
    ]);
    const { probabilities: answer_scores, ...rest } = row;
    expect((await open('train.jsonl', lines([{ ...rest, answer_scores }]))).notices).toEqual([]);
  });

  it('of dates, which are no answers, and not absent', async () => {
    expect([new Date(0), new Uint8Array(), {}, [], [null, -1]].map(isNoAnswer)).toEqual([
      false,
      false,
      true,
      true,
      true,
    ]);
    const dates = openExamples(fixture('answers/dates.parquet'), { records: shapes.vqa, split: 'train' });
    await expect(dates).rejects.toThrow(
      /^dates\.parquet:1: "answer" is "1970-01-01T00:00:00\.000Z": it must be a text, .* So it is with 3 of 3 rows\.$/,
    );
  });
});

it('texts beside the one that is read are told of, where they differ', async () => {
  const sample = (json: object) =>
    tarOf([
      ['0.png', Buffer.alloc(9)],
      ['0.txt', Buffer.from('a dog ')],
      ['0.json', Buffer.from(JSON.stringify(json))],
    ]);
  expect((await open('train.tar', await sample({ caption: 'a dog' }), 'retrieval')).notices).toEqual([]);
  const { examples, notices } = await open(
    'train.tar',
    await sample({ caption: 'the alt text', title: '' }),
    'retrieval',
  );
  expect(examples.map(({ text }) => text)).toEqual(['the alt text']);
  expect(notices).toEqual([
    'txt holds other texts, which are not read as the text: to read them, name the field in a task of your own (defineTask).',
  ]);
});

describe('JSON of one object', () => {
  const row = { image, question: 'what?', answer: 'a dog' };

  it.each([undefined, 2])('is read where it holds the list, indented by %s', async (indent) => {
    const text = JSON.stringify({ version: 1, dataset_type: 'train', data: [row, row] }, undefined, indent);
    expect((await open('train.json', text)).examples).toHaveLength(2);
  });

  it.each([
    ['pandas as columns', { image: { 0: image }, question: { 0: 'what?' } }, 'image, 0, question, 0'],
    ['GQA', { '02': { question: 'what?', imageId: 'n1', answer: 'a dog' } }, '02, question, imageId, answer'],
  ])('is no example: %s', async (_, content, names) => {
    await expect(open('train.json', JSON.stringify(content))).rejects.toThrow(
      `train.json: holds one object, with ${names} …, and no list of examples: write [{"image": …}, …], or an object a line.`,
    );
  });

  it('is one where it has the fields of one', async () => {
    expect((await open('train.json', JSON.stringify(row))).examples).toHaveLength(1);
  });
});

it.each([
  ['iVBORw0KGgo'.padEnd(80, 'A'), 'in base64'],
  ["{'bytes': b'\\x89PNG', 'path': None}", 'as Python prints it'],
])('a picture that stands in the table is no path: %s', async (text) => {
  await expect(open('train.jsonl', lines([{ image: text, question: 'what?', answer: 'x' }]))).rejects.toThrow(
    /^train\.jsonl:1: its image is no path but .*: write the picture to a file of its own\.$/,
  );
});
