import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UserError } from '../../errors.ts';
import { readImageBytes } from '../image.ts';
import { imageName } from '../pictures/image-name.ts';
import { fixture, type ShapeName, shapes } from './formats.fixture.ts';
import { MUTATIONS, mutated } from './mutations.fixture.ts';
import { openExamples } from './open-examples.ts';

/** Longest that one file may take, in milliseconds, and the most memory that it may add, in bytes. */
const LONGEST = 5000;
const MOST_MEMORY = 400 * 2 ** 20;

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'mutated-'));
});
afterAll(() => rm(root, { recursive: true }));

interface Case {
  readonly folder: string;
  readonly file: string;
  readonly task: ShapeName;
  readonly split?: string | undefined;
  /** Mutations beyond the usual in which a soak once found something. */
  readonly found?: readonly number[] | undefined;
}

const readAll = async (folder: string, { task, split = 'train' }: Case): Promise<number> => {
  const { examples } = await openExamples(folder, { records: shapes[task], split });
  for (const { images, text } of examples) {
    expect(typeof text).toBe('string');
    for (const image of images) expect(await readImageBytes(image), imageName(image)).toBeInstanceOf(Uint8Array);
  }
  return examples.length;
};

describe.each<Case>([
  { folder: 'vilt-arrow', file: 'vqav2_train.arrow', task: 'vqa' },
  { folder: 'vilt-arrow', file: 'nlvr2_dev.arrow', task: 'nlvr2', split: 'validation' },
  { folder: 'vilt-arrow', file: 'coco_caption_karpathy_test.arrow', task: 'retrieval', split: 'test' },
  { folder: 'parquet/vqav2', file: 'data/validation-00001-of-00002.parquet', task: 'vqa', split: 'validation' },
  {
    folder: 'parquet/flickr30k',
    file: 'data/test-00000-of-00001.parquet',
    task: 'retrieval',
    split: 'test',
    found: [6127],
  },
  { folder: 'parquet/snli-ve-phando', file: 'data/train-00000-of-00001.parquet', task: 've', found: [3896] },
  { folder: 'layouts/arrow/others', file: 'vqav2_train.arrow', task: 'vqa' },
  { folder: 'layouts/arrow/view', file: 'vqav2_train.arrow', task: 'vqa' },
  { folder: 'layouts/arrow/table', file: 'train.arrow', task: 'vqa' },
  { folder: 'webdataset', file: '00001.tar', task: 'retrieval' },
  { folder: 'vqav2', file: 'v2_mscoco_val2014_annotations.json', task: 'vqa', split: 'validation' },
  { folder: 'nlvr2', file: 'nlvr2/data/train.json', task: 'nlvr2' },
  { folder: 'snli-ve-necla', file: 'snli_ve_train.jsonl', task: 've' },
  { folder: 'snli-ve-albef', file: 'train.json', task: 've' },
  { folder: 'karpathy-coco', file: 'dataset_coco.json', task: 'retrieval' },
  { folder: 'tables', file: 'train.csv', task: 'vqa' },
])('$folder/$file, mutated', (one) => {
  it('is an error for the user or is read, never a crash, a hang or a flood of memory', {
    timeout: 300_000 + 200 * MUTATIONS,
  }, async () => {
    const folder = join(root, one.folder);
    await cp(fixture(one.folder), folder, { recursive: true });
    const [whole, path] = [await readFile(join(folder, one.file)), join(folder, one.file)];
    let [read, refused] = [0, 0];
    const seeds = [...Array.from({ length: MUTATIONS }, (_, i) => i + 1), ...(one.found ?? [])];
    for (const seed of seeds) {
      await writeFile(path, mutated(whole, seed * 7919));
      const [began, before] = [performance.now(), process.memoryUsage().rss];
      const failure = await readAll(folder, one).then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      if (failure === undefined) read += 1;
      else refused += 1;
      if (failure !== undefined && !(failure instanceof UserError))
        throw new Error(`seed ${seed}: no word for the user`, { cause: failure });
      expect(performance.now() - began, `seed ${seed}`).toBeLessThan(LONGEST);
      expect(process.memoryUsage().rss - before, `seed ${seed}`).toBeLessThan(MOST_MEMORY);
    }
    expect(read + refused).toBe(seeds.length);
    // Of a shard what stands before the damage is read.
    expect(one.file.endsWith('.tar') ? read : refused).toBeGreaterThan(0);
  });
});
