import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MUTATIONS, mutated, randomFrom } from '../../data/formats/mutations.fixture.ts';
import { readVocabulary } from '../../data/vocabulary-file.ts';
import { UserError } from '../../errors.ts';
import { vqa } from '../../tasks/vqa.ts';
import { loadModel } from '../load.ts';
import { openWeights } from './weights-file.ts';

/** Longest that one file may take, in milliseconds, and the most memory that it may add, in bytes. */
const LONGEST = 10_000;
const MOST_MEMORY = 200 * 2 ** 20;

/** Length of the beginning and the end, which say where the numbers are. Bytes. */
const [HEAD, TAIL] = [24_576, 16_384];

const files = 'test/files/checkpoint';
const answers = ['no', 'yes', 'maybe'];

let root = '';
let vocabulary: string[] = [];
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'mutated-weights-'));
  vocabulary = await readVocabulary(`${files}/hf/vocab.txt`);
});
afterAll(() => rm(root, { recursive: true }));

/** A mutation of the beginning, of the end, or of any place. */
const damaged = (bytes: Buffer, seed: number): Buffer => {
  const [head, tail] = [Math.min(HEAD, bytes.length / 2), bytes.length - Math.min(TAIL, bytes.length / 2)];
  const [from, to] = [
    [0, head],
    [tail, bytes.length],
    [0, bytes.length],
  ][randomFrom(seed)(3)]! as [number, number];
  return Buffer.concat([bytes.subarray(0, from), mutated(bytes.subarray(from, to), seed), bytes.subarray(to)]);
};

const load = (path: string): Promise<unknown> => loadModel(path, { task: vqa, vocabulary, answers });

/** Reads every tensor of a file that is no model. */
const readAll = async (path: string): Promise<unknown> => {
  await using file = await openWeights(path);
  const read: unknown[] = [];
  for (const name of file.tensors.keys()) read.push(await file.read(name));
  return read;
};

describe.each([
  ['vilt.ckpt', 'vilt.ckpt', ''],
  ['distilled.ckpt', 'distilled.ckpt', ''],
  ['hf', 'pytorch_model.bin', ''],
  ['sharded', 'model-00001-of-00003.safetensors', 'model.safetensors.index.json'],
  ['legacy.bin', 'legacy.bin', '', readAll],
  ['views.pt', 'views.pt', '', readAll],
] as const)('%s/%s, mutated', (folder, file, opened, reader = load) => {
  const count = Math.ceil(MUTATIONS / (reader === load ? 4 : 1));
  it('is loaded or refused with a word for the user, never a crash, a hang or a flood of memory', {
    timeout: 120_000 + 500 * count,
  }, async () => {
    const isFile = folder === file;
    await cp(`${files}/${folder}`, isFile ? join(root, file) : join(root, folder), { recursive: true });
    const path = isFile ? join(root, file) : join(root, folder, file);
    const whole = await readFile(path);
    let refused = 0;
    for (let seed = 1; seed <= count; seed += 1) {
      await writeFile(path, damaged(whole, seed * 7919));
      const [began, before] = [performance.now(), process.memoryUsage().rss];
      const failure = await reader(opened === '' ? path : join(root, folder, opened)).then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      refused += failure === undefined ? 0 : 1;
      if (failure !== undefined && !(failure instanceof UserError))
        throw new Error(`seed ${seed}: no word for the user`, { cause: failure });
      expect(performance.now() - began, `seed ${seed}`).toBeLessThan(LONGEST);
      expect(process.memoryUsage().rss - before, `seed ${seed}`).toBeLessThan(MOST_MEMORY);
    }
    expect(refused).toBeGreaterThan(count / 4);
  });
});
