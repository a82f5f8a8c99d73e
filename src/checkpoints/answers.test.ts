import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UserError } from '../errors.ts';
import { readAnswerList } from './answers.ts';
import { labelsOf } from './beside/config.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'answers-'));
});
afterAll(() => rm(folder, { recursive: true }));

const written = async (name: string, content: unknown): Promise<string> => {
  await writeFile(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));
  return join(folder, name);
};

describe('a list of answers', () => {
  it.each([
    ['one a line', 'answers.txt', 'no\nyes\r\n2\n'],
    ['a list', 'list.json', ['no', 'yes', '2']],
    ['by id, in any order', 'ids.json', { 1: 'yes', 0: 'no', 2: '2' }],
    ['by answer', 'answers.json', { yes: 1, no: 0, 2: 2 }],
    ['a config of Hugging Face', 'config.json', { id2label: { 0: 'no', 1: 'yes', 2: '2' }, label2id: {} }],
    ["ViLT's own", 'vqa_dict.json', { id2answer: { 0: 'no', 1: 'yes', 2: '2' }, answer2id: {} }],
  ])('is read as %s', async (_, name, content) => {
    expect(await readAnswerList(await written(name, content))).toEqual(['no', 'yes', '2']);
  });

  it('has a name for a place that none names, and says so', async () => {
    const warnings: string[] = [];
    const path = await written('gap.json', { 0: 'no', 2: 'two' });
    const answers = await readAnswerList(path, { onWarning: (warning) => void warnings.push(warning) });
    expect(answers).toEqual(['no', 'unknown (1)', 'two']);
    expect(warnings).toEqual([`${path}: no answer has the id 1: it is called "unknown (1)"`]);
  });

  it.each([
    ['twice.txt', 'no\nno\n', 'twice.txt:2: has "no", as line 1 has: keep one'],
    ['empty.txt', 'no\n\nyes\n\n2', 'empty.txt:4: is empty, as line 2 is'],
    ['numbers.json', [1, 2], 'no list of answers'],
    ['far.json', { 0: 'no', 4000000000: 'yes' }, 'no list of answers'],
    ['holes.json', { 0: 'no', 900: 'yes' }, '899 of 901 ids have no answer'],
    ['same.json', { no: 0, yes: 0 }, 'two answers have one id'],
    ['none.json', [], 'names no answer'],
    ['broken.json', '{"0": ', 'cannot be read as JSON'],
  ])('is refused as %s', async (name, content, message) => {
    const reading = readAnswerList(await written(name, content));
    await expect(reading).rejects.toThrow(message);
    await expect(reading).rejects.toThrow(UserError);
  });

  it('is refused where it is not there', async () => {
    await expect(readAnswerList(join(folder, 'gone.txt'))).rejects.toThrow('cannot be read (ENOENT)');
  });
});

it.each([
  [{ 0: 'LABEL_0', 1: 'LABEL_1' }, undefined],
  [{ 0: 'yes', 1: 'LABEL_0', 2: '' }, ['yes', 'LABEL_0', '']],
  [{ 0: 'LABEL_1', 1: 'LABEL_0' }, ['LABEL_1', 'LABEL_0']],
  [{ 1: 'yes', 2: 'no' }, undefined],
  [{}, undefined],
])('labels of a config %j are %j: only numbers in their order say nothing', (id2label, labels) => {
  expect(labelsOf({ id2label })).toEqual(labels);
});
