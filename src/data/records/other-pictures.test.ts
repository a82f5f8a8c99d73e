import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { defineTask } from '../../tasks/define-task.ts';
import { expectPicture, fixture, shapes } from '../formats/formats.fixture.ts';
import { openExamples } from '../formats/open-examples.ts';

const table = (name: string) => fixture(`layouts/other-pictures/${name}`);
const captionsOf = (path: string, records = shapes.retrieval) => openExamples(path, { records, split: 'train' });

describe.each([
  ['structs', 'depth (2)'],
  ['bytes', 'img (2)'],
  ['lists', 'views (2)'],
  ['paths', 'depth (1)'],
])('a second column of pictures as %s', (name, counts) => {
  it.each(['train.parquet', 'rows.arrow'])('is told, with the one that is read, of %s', async (file) => {
    const { examples, notices } = await captionsOf(table(`${name}/${file}`));
    expect(notices).toHaveLength(1);
    expect(notices[0]).toMatch(
      /rows have other pictures, which are not read: \w+ \(\d\)\. Read are those of image: to/,
    );
    expect(notices[0]).toContain(`not read: ${counts}. `);
    for (const k of [0, 1]) await expectPicture(examples[k]!.images[0], k);
    expect(JSON.stringify(examples)).not.toMatch(/"bytes":\{/);
  });
});

it.each(['structs/train.parquet', 'structs/rows.arrow'])('is read where the task names it: %s', async (file) => {
  const records = defineTask({ name: 'deep', fields: { image: 'depth', text: 'caption' } }).records!;
  const query = { records, split: 'train' };
  const opened = await openExamples(table(file), query);
  await expectPicture(opened.examples.at(-1)!.images[0], 4);
  expect(opened.notices.filter((notice) => notice.includes('other pictures'))).toEqual([]);
});

describe('paths of other pictures in rows', () => {
  let root: string;
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'other-pictures-'));
    for (const k of [0, 1]) await cp(table(`paths/${k}.png`), join(root, `${k}.png`));
  });
  afterAll(() => rm(root, { recursive: true }));
  const rows = [
    { image: '0.png', caption: 'thing 0', depth: 'depth/0.png', mask: 'mask\\0.png' },
    { image: '1.png', caption: 'thing 1', depth: 'depth/1.png', mask: '' },
  ];
  const told = /: rows have other pictures, which are not read: depth \(2\), mask \(1\)\. Read are those of image: /;

  it.each([
    ['train.jsonl', rows.map((row) => JSON.stringify(row)).join('\n')],
    ['train.json', JSON.stringify(rows)],
    ['train.csv', ['image,caption,depth,mask', ...rows.map((row) => Object.values(row).join(','))].join('\n')],
  ])('are told of %s', async (name, text) => {
    await writeFile(join(root, name), text);
    const { examples, notices } = await captionsOf(join(root, name));
    expect(examples.map(({ about }) => about?.depth)).toEqual(['depth/0.png', 'depth/1.png']);
    expect(notices).toEqual([expect.stringMatching(told)]);
  });

  it('are those of other pictures alone: no caption, link, or other way to write its own', async () => {
    const facts = {
      file_name: '0.png',
      original: './0.png',
      url: 'https://a.com/1.jpg',
      caption: 'b.png',
      at: `${root}/0.png`,
    };
    await writeFile(join(root, 'same.jsonl'), JSON.stringify({ image: '0.png', ...facts }));
    expect((await captionsOf(join(root, 'same.jsonl'))).notices).toEqual([]);
  });
});
