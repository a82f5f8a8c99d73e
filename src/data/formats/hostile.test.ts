import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pack } from 'tar-stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UserError } from '../../errors.ts';
import { readJsonLines } from '../../files/json-lines.ts';
import type { Example } from '../example.ts';
import { loadBatches } from '../loader.ts';
import { imageName } from '../pictures/image-name.ts';
import { createPreparer } from '../preprocess.ts';
import { createSkipPolicy } from '../skip-policy.ts';
import { createTokenizer, SPECIAL_PIECES } from '../tokenizer.ts';
import { type Converted, convertExamples } from './convert.ts';
import { fixture, type ShapeName, shapes } from './formats.fixture.ts';
import { openExamples } from './open-examples.ts';
import { openParquetWriter } from './parquet/write.ts';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'hostile-data-'));
});
afterAll(() => rm(root, { recursive: true }));

/** A tar of these files. */
const tarOf = async (files: readonly (readonly [name: string, content: Buffer | string])[]): Promise<Buffer> => {
  const archive = pack();
  for (const [name, content] of files) archive.entry({ name }, content);
  archive.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of archive) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
};

/** Five captions and their pictures, of which one is no picture any more. */
const captions = async (): Promise<{ picture: Buffer; text: string }[]> => {
  const whole = await readFile(fixture('karpathy-coco/train2014/COCO_train2014_000000000000.jpg'));
  const broken = Buffer.concat([whole.subarray(0, 300), Buffer.alloc(300, 0xff)]);
  return Array.from({ length: 5 }, (_, k) => ({ picture: k === 2 ? broken : whole, text: `thing ${k}` }));
};

/** Layouts in which a corrupt picture can be, each a folder that is written anew. */
const layouts: readonly (readonly [name: string, task: ShapeName, write: (folder: string) => Promise<void>])[] = [
  [
    'a shard',
    'retrieval',
    async (folder) => {
      const files = (await captions()).flatMap(({ picture, text }, k) => [
        [`${k}.jpg`, picture] as const,
        [`${k}.txt`, text] as const,
      ]);
      await writeFile(join(folder, '00000.tar'), await tarOf(files));
    },
  ],
  [
    'a parquet file',
    'retrieval',
    async (folder) => {
      const sink = openParquetWriter({ to: folder, split: 'train', records: shapes.retrieval });
      for (const { picture, text } of await captions()) {
        const example: Example = { id: text, images: ['a.jpg'], text, answers: [] };
        await sink.add({ images: [{ bytes: picture, extension: 'jpg' }], examples: [example] });
      }
      await sink.close();
    },
  ],
  [
    'an Arrow file',
    'retrieval',
    async (folder) => {
      const bytes = await readFile(fixture('vilt-arrow/coco_caption_karpathy_test.arrow'));
      const first = bytes.indexOf('JFIF');
      bytes.fill(0xff, first + 100, first + 500);
      await writeFile(join(folder, 'coco_caption_karpathy_train.arrow'), bytes);
      for (const split of ['val', 'test', 'restval'])
        await cp(
          fixture(`vilt-arrow/coco_caption_karpathy_${split}.arrow`),
          join(folder, `coco_caption_karpathy_${split}.arrow`),
        );
    },
  ],
];

describe.each(layouts)('a corrupt picture in %s', (layout, task, write) => {
  let folder: string;
  let examples: readonly Example[];
  beforeAll(async () => {
    folder = join(root, layout.replaceAll(' ', '-'));
    await mkdir(folder);
    await write(folder);
    ({ examples } = await openExamples(folder, { records: shapes[task], split: 'train' }));
  });

  const converting = async (to: string, unreadable: 'skip' | 'refuse'): Promise<Converted[]> => {
    const done: Converted[] = [];
    const options = { to, format: 'webdataset', records: shapes[task], splits: ['train'], unreadable } as const;
    for await (const one of convertExamples(folder, options)) done.push(one);
    return done;
  };

  it('is left out, counted and listed by dide convert, or stops it', async () => {
    const [done] = await converting(`${folder}-converted`, 'skip');
    expect(done!.unreadable).toHaveLength(1);
    expect(done!.examples).toBeLessThan(examples.length);
    expect(done!.examples).toBeGreaterThan(0);
    await expect(converting(`${folder}-strict`, 'refuse')).rejects.toThrow(UserError);
  });

  const batches = async (listen?: ReturnType<typeof createSkipPolicy>['listen']): Promise<number> => {
    const size = { shortest: 16, multiple: 8 };
    const prepare = createPreparer({ tokenizer: createTokenizer([...SPECIAL_PIECES]), size });
    const options = { prepare, batch: 2, collate: { patch: 8, grid: 4 }, ...(listen ? { onUnreadable: listen } : {}) };
    let read = 0;
    for await (const batch of loadBatches(examples, [...examples.keys()], options)) read += batch.examples.length;
    return read;
  };

  it('is left out of the batches, and told once by its place', async () => {
    const { listen, failures } = createSkipPolicy();
    const read = await batches(listen);
    const lost = failures();
    expect(read + lost.length).toBe(examples.length);
    expect(lost.length).toBeGreaterThan(0);
    const names = new Set(examples.flatMap(({ images }) => images.map(imageName)));
    for (const message of lost)
      expect(
        [...names].some((name) => message.includes(name)),
        message,
      ).toBe(true);
  });

  it('stops the batches where nobody hears of it', async () => {
    await expect(batches()).rejects.toThrow(UserError);
  });
});

describe('an Arrow file that is cut short', () => {
  it('is refused wherever its footer ends', async () => {
    const folder = join(root, 'footer');
    await mkdir(folder);
    const whole = await readFile(fixture('vilt-arrow/vqav2_train.arrow'));
    const footer = whole.readInt32LE(whole.length - 10);
    for (let lost = 1; lost < footer + 10; lost += 13) {
      await writeFile(join(folder, 'vqav2_train.arrow'), whole.subarray(0, -lost));
      await expect(openExamples(folder, { records: shapes.vqa, split: 'train' }), `${lost} lost`).rejects.toThrow(
        /does not end with ARROW1: it is cut short or damaged/,
      );
    }
  });

  it('is refused where part of its footer is gone and its end is there', async () => {
    const folder = join(root, 'inner-footer');
    await mkdir(folder);
    const whole = await readFile(fixture('vilt-arrow/vqav2_train.arrow'));
    const footer = whole.readInt32LE(whole.length - 10);
    for (let lost = 1; lost < footer; lost += 13) {
      const bytes = Buffer.concat([whole.subarray(0, -10 - lost), whole.subarray(-10)]);
      await writeFile(join(folder, 'vqav2_train.arrow'), bytes);
      await expect(openExamples(folder, { records: shapes.vqa, split: 'train' }), `${lost} lost`).rejects.toThrow(
        UserError,
      );
    }
  });
});

it.each<[string, ShapeName]>([
  ['train.jsonl', 'vqa'],
  ['train.csv', 'vqa'],
  ['train.parquet', 'vqa'],
  ['train.arrow', 'vqa'],
  ['vqav2_train.arrow', 'vqa'],
  ['train-0.tar', 'vqa'],
  ['v2_OpenEnded_mscoco_train2014_questions.json', 'vqa'],
  ['train.json', 've'],
  ['dataset_coco.json', 'retrieval'],
])('a folder called %s, where a file belongs, is an error for the user', async (name, task) => {
  const folder = join(root, `folder-${name}`);
  await mkdir(join(folder, name), { recursive: true });
  const opening = openExamples(folder, { records: shapes[task], split: 'train' });
  await expect(opening).rejects.toThrow(UserError);
  await expect(opening).rejects.toThrow(name);
});

describe('a JSON lines file', () => {
  it('that has no line ends is refused before it fills the memory', async () => {
    const path = join(root, 'endless.jsonl');
    await writeFile(path, `{"a":1}\n${'x'.repeat(2 ** 25)}`);
    const rows: string[] = [];
    const preprocessor = async (): Promise<void> => {
      for await (const { where } of readJsonLines(path)) rows.push(where);
    };
    await expect(preprocessor()).rejects.toThrow('endless.jsonl:2: longer than 16777216 characters');
    expect(rows).toEqual(['endless.jsonl:1']);
  });
});
