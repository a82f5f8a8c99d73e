import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Pixels } from './render.ts';
import { worlds } from './world.ts';
import { type WriteOptions, writeScenes } from './write.ts';

let home: string;
let folder: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'scenes-'));
  folder = join(home, 'nano');
});
afterEach(() => rm(home, { recursive: true }));

/** Pixels as they are, for what is tested here is what goes into a picture, not how it is packed. */
const raw = async ({ data }: Pixels): Promise<Uint8Array> => data;

const nano: WriteOptions = {
  seed: 7,
  view: 'vqa',
  world: worlds.mini,
  sizes: { train: 40, validation: 8, 'test-iid': 8, 'test-comp': 8 },
  encodePng: raw,
};

const rowsOf = async (split: string): Promise<Record<string, string>[]> =>
  (await readFile(join(folder, `${split}.jsonl`), 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

const hashOf = async (at: string): Promise<string> => {
  const hash = createHash('sha256');
  for (const entry of (await readdir(at, { recursive: true })).sort())
    if ((await stat(join(at, entry))).isFile()) hash.update(entry).update(await readFile(join(at, entry)));
  return hash.digest('hex');
};

test('a folder holds pictures, rows, answers, a README and a manifest', async () => {
  const manifest = await writeScenes(folder, { ...nano, command: 'dide scenes nano' });
  expect((await readdir(folder)).sort()).toEqual([
    'README.md',
    'answers.txt',
    'images',
    'scenes.json',
    'test-comp.jsonl',
    'test-iid.jsonl',
    'train.jsonl',
    'validation.jsonl',
  ]);
  expect(await readdir(join(folder, 'images/train'))).toHaveLength(80);
  expect(manifest.images).toEqual({ train: 80, validation: 16, 'test-iid': 16, 'test-comp': 16 });
  expect(manifest.rows.validation).toBe(16);
  expect(await readFile(join(folder, 'README.md'), 'utf8')).toContain('dide scenes nano');
  expect(await readFile(join(folder, 'answers.txt'), 'utf8')).toMatch(/^yes\nno\n0\n/);
});

test('the two rows of a pair ask the same of two pictures and have different answers', async () => {
  await writeScenes(folder, nano);
  const rows = await rowsOf('train');
  expect(rows.length).toBeGreaterThan(160);
  for (let at = 0; at < rows.length; at += 2) {
    const [first, second] = [rows[at]!, rows[at + 1]!];
    expect(second).toMatchObject({
      question: first.question!,
      pair: first.pair!,
      kind: first.kind!,
      edit: first.edit!,
    });
    expect(second.image).not.toBe(first.image);
    expect(second.answer).not.toBe(first.answer);
    await stat(join(folder, first.image!));
  }
});

test('one seed gives the same bytes, here and everywhere', async () => {
  await writeScenes(folder, nano);
  expect(await hashOf(folder)).toMatchInlineSnapshot(
    `"ff5d328c1d7b79535f26e7a988dde0c9e5347cddf9a9c4b2765f6bc59961be9d"`,
  );
});

test('another seed gives other bytes, and a smaller set begins a larger one', async () => {
  await writeScenes(folder, nano);
  const rows = await rowsOf('train');
  folder = join(home, 'smaller');
  await writeScenes(folder, { ...nano, sizes: { train: 5 } });
  const fewer = await rowsOf('train');
  expect(fewer).toEqual(rows.slice(0, fewer.length));
  folder = join(home, 'other');
  await writeScenes(folder, { ...nano, seed: 8 });
  expect(await rowsOf('train')).not.toEqual(rows);
});

test('a complete folder is left as it is', async () => {
  const first = await writeScenes(folder, nano);
  const again = await writeScenes(folder, { ...nano, encodePng: () => Promise.reject(new Error('drawn again')) });
  expect(again).toEqual(first);
});

test('a folder that holds something else is not touched', async () => {
  await writeScenes(folder, { ...nano, sizes: { validation: 2 } });
  await expect(writeScenes(folder, nano)).rejects.toThrow('holds other scenes (seed 7, mini world, {"validation":2})');
  await writeFile(join(home, 'letter.txt'), 'dear');
  await expect(writeScenes(home, nano)).rejects.toThrow(/holds \d+ files?, no scenes: give an empty or new folder/);
});

test('a run that breaks leaves nothing behind, and no picture that is still being written', async () => {
  let [begun, underWay] = [0, 0];
  const breaks = async (pixels: Pixels) => {
    begun += 1;
    if (begun === 30) throw new Error('disk full');
    underWay += 1;
    await setTimeout(10);
    underWay -= 1;
    return raw(pixels);
  };
  await expect(writeScenes(folder, { ...nano, encodePng: breaks })).rejects.toThrow('disk full');
  expect(underWay).toBe(0);
  expect(await readdir(home)).toEqual([]);
});

test('a run that is stopped leaves nothing behind', async () => {
  const stop = new AbortController();
  const told = { ...nano, onProgress: () => stop.abort(), signal: stop.signal };
  await expect(writeScenes(folder, told)).rejects.toThrow('This operation was aborted');
  expect(await readdir(home)).toEqual([]);
});

test('progress counts the pairs of each split', async () => {
  const seen: string[] = [];
  await writeScenes(folder, { ...nano, onProgress: ({ split, done, of }) => seen.push(`${split} ${done}/${of}`) });
  expect(seen).toEqual(['train 32/40', 'train 40/40', 'validation 8/8', 'test-iid 8/8', 'test-comp 8/8']);
});

test("a size that is no whole number is the user's to mend", async () => {
  await expect(writeScenes(folder, { ...nano, sizes: { train: 0.5 } })).rejects.toThrow('scenes: train is 0.5');
});
