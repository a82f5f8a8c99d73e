import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UserError } from '../errors.ts';
import { type JsonLine, readJsonLines } from '../files/json-lines.ts';
import { vqa } from '../tasks/vqa.ts';
import { scoredAnswers } from './example.ts';
import { listSplits, readFolder } from './folder.ts';
import { openAnswers } from './formats/open-examples.ts';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'dide-folder-'));
});
afterAll(() => rm(root, { recursive: true }));

let count = 0;
/** A folder with these files. */
const folderWith = async (files: Record<string, string>): Promise<string> => {
  count += 1;
  const folder = join(root, `${count}`);
  await mkdir(folder);
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return folder;
};

const messageOf = async (promise: Promise<unknown>): Promise<string> => {
  const error = await promise.catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(UserError);
  return (error as UserError).message.replaceAll(root, '');
};

const rowsOf = async (path: string): Promise<JsonLine[]> => {
  const rows: JsonLine[] = [];
  for await (const row of readJsonLines(path)) rows.push(row);
  return rows;
};

describe('readJsonLines', () => {
  it('gives rows with their place, over empty lines, a byte order mark and Windows line ends', async () => {
    const folder = await folderWith({ 'a.jsonl': '\uFEFF{"a":1}\r\n\r\n{"b":"\u2028"}' });
    expect(await rowsOf(join(folder, 'a.jsonl'))).toEqual([
      { where: 'a.jsonl:1', row: { a: 1 } },
      { where: 'a.jsonl:3', row: { b: '\u2028' } },
    ]);
  });

  it('names file and line of what is not JSON or not an object', async () => {
    const folder = await folderWith({ 'train.jsonl': '{"a":1}\n{"a":', 'list.jsonl': '[1]' });
    expect(await messageOf(rowsOf(join(folder, 'train.jsonl')))).toMatch(/^train.jsonl:2: not JSON: \{"a":/);
    expect(await messageOf(rowsOf(join(folder, 'list.jsonl')))).toMatch(/^list.jsonl:1: not an object but \[1\]/);
  });

  it('names a file that is missing or a folder', async () => {
    expect(await messageOf(rowsOf(join(root, 'gone.jsonl')))).toMatch(/^\/gone.jsonl: cannot be read \(ENOENT\)/);
    expect(await messageOf(rowsOf(root))).toMatch(/cannot be read \(EISDIR\)/);
  });

  it('can be left early', async () => {
    const folder = await folderWith({ 'long.jsonl': '{"a":1}\n'.repeat(100_000) });
    for await (const { where } of readJsonLines(join(folder, 'long.jsonl'))) {
      expect(where).toBe('long.jsonl:1');
      break;
    }
  });
});

describe('readFolder', () => {
  it('reads both ways of writing an example', async () => {
    const folder = await folderWith({
      'train.jsonl': [
        '{"image":"images/1.png","question":"Red?","answer":"yes","hops":2}',
        '{"images":["/b.png"],"text":"Two dogs.","answers":["yes","yes","no","yes","yes","no","no"]}',
        '{"image":"images/1.png","question":"Why?"}',
      ].join('\n'),
    });
    expect((await readFolder(folder, 'train', vqa.records!)).examples).toEqual([
      {
        id: 'train.jsonl:1',
        images: [join(folder, 'images/1.png')],
        text: 'Red?',
        answers: [{ answer: 'yes', score: 1 }],
        about: { hops: 2 },
      },
      {
        id: 'train.jsonl:2',
        images: ['/b.png'],
        text: 'Two dogs.',
        answers: [
          { answer: 'yes', score: 1 },
          { answer: 'no', score: 0.9 },
        ],
      },
      { id: 'train.jsonl:3', images: [join(folder, 'images/1.png')], text: 'Why?', answers: [] },
    ]);
  });

  it.each([
    ['{"question":"Red?"}', 'train.jsonl:1: lacks "image", has question: add it.'],
    ['{"image":"a.png","answer":"yes"}', 'train.jsonl:1: lacks "question", has image, answer: add it.'],
    ['{}', 'train.jsonl:1: lacks "image", has nothing: add it.'],
    ['{"image":7,"question":"Red?"}', 'train.jsonl:1: "image" is 7: it must be a text.'],
    ['{"images":[],"text":"x"}', 'train.jsonl:1: "images" is []: it must be a list of at least one path.'],
    ['{"image":"a","text":"x","answers":["yes",true]}', 'train.jsonl:1: "answers" is true: it must be a text.'],
    ['{"image":"a","text":"x","answer":true}', 'train.jsonl:1: "answer" is true: it must be a text.'],
  ])('says what is wrong with %s', async (line, message) => {
    const folder = await folderWith({ 'train.jsonl': line });
    expect(await messageOf(readFolder(folder, 'train', vqa.records!))).toBe(message);
  });

  it('lists the splits that are there when one is not', async () => {
    const folder = await folderWith({ 'train.jsonl': '{}', 'val.jsonl': '{}', 'answers.txt': 'yes' });
    expect(await listSplits(folder)).toEqual(['train', 'val']);
    expect(await messageOf(readFolder(folder, 'test', vqa.records!))).toMatch(
      /has no split "test" .*: there are train, val: name one/,
    );
    expect(await messageOf(readFolder(await folderWith({}), 'test', vqa.records!))).toMatch(/there is no .jsonl file/);
    expect(await messageOf(readFolder(join(root, 'gone'), 'test', vqa.records!))).toMatch(
      /^\/gone: cannot be read as a folder/,
    );
  });

  it('says that a split is empty', async () => {
    expect(await messageOf(readFolder(await folderWith({ 'val.jsonl': '\n' }), 'val', vqa.records!))).toMatch(
      /val.jsonl: is empty/,
    );
  });
});

describe('openAnswers', () => {
  const train = ['no', 'yes', 'no', 'blue'].map((answer) => JSON.stringify({ image: 'a', question: 'b', answer }));

  it('takes answers.txt where there is one', async () => {
    const folder = await folderWith({ 'answers.txt': 'blue\r\nno \n\n', 'train.jsonl': train.join('\n') });
    expect(await openAnswers(folder, vqa.records!)).toEqual(['blue', 'no']);
  });

  it('takes the order of train otherwise', async () => {
    expect(await openAnswers(await folderWith({ a: '', 'train.jsonl': train.join('\n') }), vqa.records!)).toEqual([
      'no',
      'yes',
      'blue',
    ]);
  });

  it('refuses an answer that stands twice, and no answers at all', async () => {
    const twice = await folderWith({ 'answers.txt': 'no\nyes\nno\n' });
    expect(await messageOf(openAnswers(twice, vqa.records!))).toMatch(
      /answers\.txt:3: has "no", as line 1 has: keep one/,
    );
    const none = await folderWith({ a: '', 'train.jsonl': '{"image":"a","question":"b"}' });
    expect(await messageOf(openAnswers(none, vqa.records!))).toMatch(/no answers found in its train split/);
  });
});

describe('scoredAnswers', () => {
  it('gives 1, 2, 3, 4 and more annotators alike .3, .6, .9, 1 and 1', () => {
    const said = [...'abbcccddddeeeee'];
    expect(scoredAnswers(said).map(({ score }) => score)).toEqual([0.3, 0.6, 0.9, 1, 1]);
    expect(scoredAnswers([])).toEqual([]);
  });
});
