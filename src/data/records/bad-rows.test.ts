import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { pack } from 'tar-stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fixture, type ShapeName, shapes } from '../formats/formats.fixture.ts';
import { openExamples } from '../formats/open-examples.ts';
import type { LeftOut } from './bad-rows.ts';

let root: string;
let picture: Buffer;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'bad-rows-'));
  picture = await readFile(fixture('nlvr2/images/train/17/train-10-0-img0.png'));
});
afterAll(() => rm(root, { recursive: true }));

interface Row {
  readonly image: string | null;
  readonly question: string | null;
}

const rows: readonly Row[] = [0, 1, 2, 3].map((i) => ({ image: 'a.png', question: `is it ${i}?` }));
const withNull: readonly Row[] = rows.with(2, { image: 'a.png', question: null });

const shardOf = async (some: readonly Row[]): Promise<Buffer> => {
  const archive = pack();
  for (const [i, { question }] of some.entries()) {
    archive.entry({ name: `${i}.png` }, picture);
    archive.entry({ name: `${i}.json` }, JSON.stringify({ question, url: 'x' }));
  }
  archive.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of archive) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
};

const tableOf = (some: readonly Row[], image: 'paths' | 'bytes'): Uint8Array => {
  const images = some.map((row) => (image === 'paths' ? row.image : new Uint8Array(picture)));
  const data = [
    { name: 'image', data: images, type: image === 'paths' ? 'STRING' : 'BYTE_ARRAY' } as const,
    { name: 'question', data: some.map(({ question }) => question), type: 'STRING' } as const,
  ];
  return new Uint8Array(parquetWriteBuffer({ columnData: data }));
};

const linesOf = (some: readonly Row[]): string => some.map((row) => JSON.stringify(row)).join('\n');

let count = 0;
const nextFolder = (): string => {
  count += 1;
  return join(root, `${count}`);
};

const folderWith = async (name: string, content: string | Uint8Array): Promise<string> => {
  const folder = nextFolder();
  await mkdir(folder);
  await writeFile(join(folder, 'a.png'), picture);
  await writeFile(join(folder, name), content);
  return folder;
};

describe.each<[string, string, () => Promise<string | Uint8Array> | string | Uint8Array, RegExp]>([
  ['a null question', 'train.jsonl', () => linesOf(withNull), /train\.jsonl:3: "question" is null/],
  ['a null picture', 'train.jsonl', () => linesOf(rows.with(1, { image: null, question: 'x' })), /:2: "image" is null/],
  ['no question', 'train.jsonl', () => linesOf(withNull).replace('"question":null', '"x":1'), /:3: lacks "question"/],
  ['a line that is no object', 'train.jsonl', () => `${linesOf(rows)}\n[1]`, /train\.jsonl:5: not an object but \[1\]/],
  ['a line that is no JSON', 'train.jsonl', () => linesOf(rows).replace('{', '{{'), /train\.jsonl:1: not JSON/],
  ['a cell too many', 'train.csv', () => 'image,question\na.png,x\na.png,y,z\na.png,w\na.png,v', /train\.csv:3: has 3/],
  ['an empty cell', 'train.csv', () => 'image,question\na.png,x\na.png,\na.png,w\na.png,v', /:3: lacks "question"/],
  ['a null question', 'train.parquet', () => tableOf(withNull, 'bytes'), /train\.parquet:3: "question" is null/],
  ['a null path', 'train.parquet', () => tableOf(rows.with(1, { image: null, question: 'x' }), 'paths'), /:2: "image"/],
  ['a null question', 'train-0.tar', () => shardOf(withNull), /train-0\.tar, 2: "question" is null/],
])('%s in %s', (_, name, make, message) => {
  it('is left out, counted and named, and the others are read', async () => {
    const folder = await folderWith(name, await make());
    const { examples, notices } = await openExamples(folder, { records: shapes.vqa, split: 'train' });
    expect(examples.length).toBeGreaterThanOrEqual(3);
    expect(notices).toHaveLength(1);
    expect(notices[0]).toMatch(/: 1 of [45] rows gives no example and is left out: /);
    expect(notices[0]).toMatch(message);
  });

  it('is an error where no row may be left out', async () => {
    const query = { records: shapes.vqa, split: 'train', badRows: 'refuse' } as const;
    await expect(openExamples(await folderWith(name, await make()), query)).rejects.toThrow(message);
  });
});

describe.each<[ShapeName, string, string, string, (text: string) => string]>([
  [
    'vqa',
    'vqav2',
    'train',
    'v2_OpenEnded_mscoco_train2014_questions.json',
    (text) => text.replace(/"question": ?"[^"]*"/, '"question":null'),
  ],
  [
    'vqa',
    'vqav2',
    'train',
    'v2_mscoco_train2014_annotations.json',
    (text) => text.replace(/"answers": ?\[[^\]]*\]/, '"answers":null'),
  ],
  [
    'nlvr2',
    'nlvr2',
    'train',
    'nlvr2/data/train.json',
    (text) => text.replace(/"sentence": ?"[^"]*"/, '"sentence":null'),
  ],
  [
    've',
    'snli-ve-necla',
    'validation',
    'snli_ve_dev.jsonl',
    (text) => text.replace(/"sentence2": ?"[^"]*"/, '"sentence2":null'),
  ],
  ['ve', 'snli-ve-albef', 'train', 'train.json', (text) => text.replace(/"sentence": ?"[^"]*"/, '"x":"y"')],
  ['retrieval', 'karpathy-coco', 'train', 'dataset_coco.json', (text) => text.replace('"sentences"', '"lost"')],
])('a bad row of %s as %s', (shape, layout, split, name, change) => {
  it('is left out and told, or an error', async () => {
    const folder = nextFolder();
    await cp(fixture(layout), folder, { recursive: true });
    const query = { records: shapes[shape], split };
    const before = (await openExamples(folder, query)).examples.length;
    const text = await readFile(join(folder, name), 'utf8');
    expect(change(text)).not.toBe(text);
    await writeFile(join(folder, name), change(text));
    const { examples, notices } = await openExamples(folder, query);
    expect(examples.length).toBeLessThan(before);
    expect(notices.join('\n')).toMatch(/rows gives? no example/);
    await expect(openExamples(folder, { ...query, badRows: 'refuse' })).rejects.toThrow(/must be|lacks/);
  });
});

it('more than half of the rows are an error that begins with the first', async () => {
  const most = linesOf([...rows.slice(0, 2), ...[0, 1, 2].map(() => ({ image: 'a.png', question: null }))]);
  const opening = openExamples(await folderWith('train.jsonl', most), { records: shapes.vqa, split: 'train' });
  await expect(opening).rejects.toThrow(/^train\.jsonl:3: "question" is null.* So it is with 3 of 5 rows\.$/);
});

describe('data in which no label is one of the classes', () => {
  const labelled = (labels: readonly unknown[]): string =>
    labels.map((label) => JSON.stringify({ image: 'a.png', hypothesis: 'it is', label })).join('\n');
  const opening = async (labels: readonly unknown[]) => {
    const leftOut: string[] = [];
    const onLeftOut = ({ kind, label }: LeftOut): void => void leftOut.push(`${kind}: ${label}`);
    const query = { records: shapes.ve, split: 'train', onLeftOut };
    return { ...(await openExamples(await folderWith('train.jsonl', labelled(labels)), query)), leftOut };
  };

  it('are an error with the labels that there are, whether rows have one or most have none', async () => {
    await expect(opening(['yes', 'no', 'yes'])).rejects.toThrow(
      /train\.jsonl:1: the label is "yes": .* 3 of 3 rows\. Labels .* classes: "yes" \(2 rows\), "no" \(1 row\)\.$/,
    );
    await expect(opening(['yes', null, '', '-'])).rejects.toThrow(
      /: no row has a label of ve, which are contradiction, entailment, neutral; there are "yes" \(1 row\): check the task/,
    );
  });

  it('are not those in which one is', async () => {
    const { examples, leftOut } = await opening(['maybe', 'Neutral', null, '-']);
    expect(examples.map(({ answers }) => answers[0]?.answer)).toEqual(['neutral', undefined, undefined]);
    expect(leftOut).toEqual(['bad row: "maybe"']);
  });
});
