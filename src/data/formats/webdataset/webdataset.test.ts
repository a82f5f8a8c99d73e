import { cp, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pack } from 'tar-stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tarMembers } from '../../../files/tar.ts';
import { expectPicture, fixture, shapes } from '../formats.fixture.ts';
import { openExamples } from '../open-examples.ts';
import { expandBraces } from './braces.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'webdataset-'));
  await cp(fixture('webdataset'), folder, { recursive: true });
});
afterAll(() => rm(folder, { recursive: true }));

const captions = { records: shapes.retrieval, split: 'train' } as const;
const things = (count: number): string[] => Array.from({ length: count }, (_, k) => `thing ${k}`);

describe('a list of shards', () => {
  it.each([
    ['a/{008..011}.tar', ['a/008.tar', 'a/009.tar', 'a/010.tar', 'a/011.tar']],
    ['{x,y}{1..2}.tar', ['x1.tar', 'x2.tar', 'y1.tar', 'y2.tar']],
    ['a.tar::b{0..1}.tar', ['a.tar', 'b0.tar', 'b1.tar']],
  ])('%s is expanded', (list, paths) => {
    expect(expandBraces(list)).toEqual(paths);
  });

  it.each([
    ['{0..9', 'a brace without its other half'],
    ['{0..99999999}', 'counts from 0 to 99999999'],
  ])('%s is refused', (list, message) => {
    expect(() => expandBraces(list)).toThrow(message);
  });

  it('is opened, and names what it lacks', async () => {
    const { examples } = await openExamples(join(folder, '{00000..00001}.tar'), captions);
    expect(examples.map(({ text }) => text)).toEqual(things(4));
    await expect(openExamples(join(folder, '{00001..00003}.tar'), captions)).rejects.toThrow(
      /1 of 3 shards is not there, the first is .*00003.tar/,
    );
  });
});

describe('shards that webdataset wrote', () => {
  it('give captions, and pictures in any order', async () => {
    const { layout, examples, notices } = await openExamples(folder, captions);
    expect([layout, notices]).toEqual(['WebDataset (3 shards, 00000.tar …)', []]);
    expect(examples[3]).toMatchObject({
      id: '00001.tar, 000000003',
      text: 'thing 3',
      answers: [],
      about: { url: 'http://a/3.jpg' },
    });
    for (const k of [4, 0, 3, 1]) await expectPicture(examples[k]!.images[0], k);
  });

  it('give questions with what all annotators said, in shards named after their split', async () => {
    const { examples } = await openExamples(fixture('webdataset-vqa'), { records: shapes.vqa, split: 'train' });
    expect(examples).toHaveLength(4);
    expect(examples[3]!.answers).toEqual([
      { answer: 'yes', score: 1 },
      { answer: 'no', score: 1 },
    ]);
    await expectPicture(examples[2]!.images[0], 2);
    await expect(openExamples(fixture('webdataset-vqa'), { records: shapes.vqa, split: 'test' })).rejects.toThrow(
      'WebDataset: test-*.tar, test/*.tar',
    );
  });
});

describe('a shard that is cut short', () => {
  it.each([
    [512, []],
    [3000, []],
    [3900, []],
    [6000, ['thing 0']],
  ])('at byte %i gives the samples before the cut, and the next shard', async (bytes, before) => {
    const cut = join(folder, 'cut');
    await cp(fixture('webdataset'), cut, { recursive: true });
    await truncate(join(cut, '00000.tar'), bytes);
    const { examples, notices } = await openExamples(cut, captions);
    expect(examples.map(({ text }) => text)).toEqual([...before, ...things(5).slice(2)]);
    expect(notices).toEqual([expect.stringMatching(/00000.tar: is cut short at byte \d+.*what follows is left out/)]);
  });

  it('or damaged gives what stands before the damage', async () => {
    const bytes = await readFile(fixture('webdataset/00000.tar'));
    bytes.fill(7, 5120, 5220);
    await writeFile(join(folder, 'x.tar'), bytes);
    const { examples, notices } = await openExamples(join(folder, 'x.tar'), captions);
    expect([examples.length, notices]).toEqual([1, [expect.stringContaining('is damaged at byte 5120')]]);
  });
});

const all = async <T>(items: AsyncIterable<T>): Promise<T[]> => {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
};

describe('the members of an archive', () => {
  it('may have long names and may be empty', async () => {
    const archive = pack();
    const names = [`${'long/'.repeat(60)}é.txt`, 'b.jpg', `${'p/'.repeat(70)}c.txt`];
    for (const [i, name] of names.entries()) archive.entry({ name }, 'x'.repeat(i * 700));
    archive.finalize();
    await writeFile(join(folder, 'long.tar'), Buffer.concat((await all(archive)) as Buffer[]));
    const members = await all(tarMembers(join(folder, 'long.tar'), (why) => expect(why).toBe('')));
    expect(members.map(({ name, length }) => [name, length])).toEqual(names.map((name, i) => [name, i * 700]));
  });
});

describe('a sample that is no example', () => {
  it('is left out and told of, unless most are none', async () => {
    const archive = pack();
    archive.entry({ name: 'a.txt' }, 'no picture');
    archive.entry({ name: 'b.jpg' }, 'x');
    archive.entry({ name: 'b.json' }, '{"broken');
    archive.entry({ name: 'c.jpg' }, 'x');
    archive.entry({ name: 'c.json' }, '{"hypothesis": "h", "label": 2}');
    archive.finalize();
    const path = join(folder, 'odd.tar');
    await writeFile(path, Buffer.concat((await all(archive)) as Buffer[]));
    await expect(openExamples(path, { records: shapes.ve, split: 'train' })).rejects.toThrow(
      /^odd\.tar, a: has 0 pictures of 1, only txt\. So it is with 3 of 3 rows\.$/,
    );
  });
});
