import { copyFileSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { readCsv } from '../../src/files/csv.ts';
import { inProcess } from './cli.fixture.ts';
import { nanoPlaceForTests } from './writers.fixture.ts';

/** Texts that give a terminal orders, turn its direction, close an element of HTML, or begin a formula. */
const ORDERS = [
  '\u001b[31mred\u001b[2J',
  '\u001b]8;;http://evil.example\u0007link\u001b]8;;\u0007',
  '\u001b]0;title\u0007',
  '\u009b31mc1',
  'a\u202etxt.exe',
  'two\nFAKE line',
  'back\rFAKE',
  'ls\u2028FAKE',
  '</script><script>alert(1)</script>',
  '<img src=x onerror=alert(1)>',
  '=HYPERLINK("http://evil.example")',
];

const place = nanoPlaceForTests();
const at = (name: string): string => join(place().root, name);

beforeAll(() => {
  const folder = at('hostile');
  mkdirSync(join(folder, 'images'), { recursive: true });
  const [picture] = readdirSync(join(place().data, 'images', 'validation'));
  const names = ORDERS.map((order, i) => `${i}${order.replaceAll('/', '_')}.png`);
  for (const name of names)
    copyFileSync(join(place().data, 'images', 'validation', picture!), join(folder, 'images', name));
  writeFileSync(join(folder, 'images', `broken${ORDERS[0]}.png`), 'no picture');
  writeFileSync(join(folder, 'images', `${ORDERS[5]}.txt${ORDERS[3]}`), 'no picture');
  const rows = ORDERS.map((order, i) => ({
    image: `images/${names[i]}`,
    question: `is there ${order}?`,
    answer: i % 2 === 0 ? 'yes' : 'no',
    kind: order,
    [order]: order,
  }));
  const bad = { image: `images/${ORDERS[0]}`, question: null, [ORDERS[3]!]: 1 };
  const lines = [...rows, bad].map((row) => JSON.stringify(row)).join('\n');
  for (const split of ['train', 'validation']) writeFileSync(join(folder, `${split}.jsonl`), lines);
});

/** Verbs that print texts of others: names, questions, answers, kinds. */
const verbs: Readonly<Record<string, () => string[]>> = {
  inspect: () => ['inspect', at('hostile')],
  evaluate: () => ['evaluate', place().student, '--data', at('hostile'), '--threads', '1', '--missing', 'skip'],
  cache: () => [
    'cache',
    place().student,
    at('hostile/images'),
    '--to',
    at('hostile.cache'),
    '--threads',
    '1',
    '--verbose',
  ],
  'cache again': () => ['cache', place().student, at('hostile/images'), '--to', at('hostile.cache'), '--threads', '1'],
  ask: () => [
    'ask',
    place().student,
    `is there ${ORDERS[0]}?`,
    '--cache',
    at('hostile.cache'),
    '--top',
    '20',
    '--threads',
    '1',
  ],
  answer: () => [
    'answer',
    place().student,
    at('hostile/images'),
    `is there ${ORDERS[1]}?`,
    '--threads',
    '1',
    '--verbose',
  ],
  convert: () => ['convert', at('hostile'), '--to', at(`converted-${Math.random()}`), '--missing', 'skip', '--verbose'],
  'a file that is not there': () => ['inspect', at(`gone${ORDERS[0]}`)],
  'a flag that is none': () => ['inspect', `--${ORDERS[0]}${ORDERS[5]}`],
};

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be printed
const PRINTED = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/;

describe('names, questions and fields of others give a terminal no orders, and begin no line', () => {
  it.each(Object.keys(verbs))('in what %s prints', async (name) => {
    const { stdout, stderr } = await inProcess(verbs[name]!());
    const all = stdout + stderr;
    expect(all).not.toMatch(PRINTED);
    expect(all).not.toMatch(/^\s*FAKE/m);
  });

  it.each(Object.keys(verbs).slice(0, 7))('in the JSON of %s, which is JSON on one line', async (name) => {
    const { stdout, code } = await inProcess([...verbs[name]!(), '--json']);
    expect(code).toBe(0);
    expect(stdout.trimEnd()).not.toMatch(PRINTED);
    expect(stdout.trimEnd().split('\n')).toHaveLength(1);
    expect(() => JSON.parse(stdout)).not.toThrow();
  });
});

it('a table in CSV has every name as it is, formulas too, and reads back', async () => {
  const out = at('found.csv');
  const ask = ['ask', place().student, 'is there a star?', '--cache', at('hostile.cache'), '--threads', '1'];
  expect((await inProcess([...ask, '--most-probable', '--out', out])).code).toBe(0);
  const read: string[] = [];
  for await (const { row } of readCsv(out)) read.push(String(row.image));
  expect(read.toSorted()).toEqual(ORDERS.map((order, i) => `${i}${order.replaceAll('/', '_')}.png`).toSorted());
});

it('a page shows a question with tags as text', async () => {
  const to = at('page.html');
  const image = join(at('hostile/images'), readdirSync(at('hostile/images')).find((name) => name.startsWith('10='))!);
  const { code } = await inProcess(['explain', place().student, image, ORDERS[8]!, '--to', to, '--threads', '1']);
  expect(code).toBe(0);
  expect(await readFile(to, 'utf8')).not.toContain('<script>alert(1)');
});
