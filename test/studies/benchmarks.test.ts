import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { benchmarks, markdownOf, runBenchmark } from '../../bench/public-data.ts';
import { fetchData } from '../../src/studies/downloads/packaged-data.ts';
import { toyEasyVqa, toyEmoji } from '../../src/studies/downloads/packages.fixture.ts';
import { inProcess } from '../cli/cli.fixture.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'dide-benchmarks-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

const dide = async (args: readonly string[]): Promise<void> => {
  const threads = args[0] === 'finetune' ? ['--threads', '1', '--updates', '2'] : [];
  const isLarge = (arg: string | undefined): boolean => arg === '--updates' || arg === '--batch';
  const kept = args.filter((arg, i) => !isLarge(arg) && !isLarge(args[i - 1]));
  const { code, stderr } = await inProcess([...kept, ...threads]);
  expect(code, stderr).toBe(0);
};

describe('a benchmark on public data, at toy size', () => {
  it('of questions ends with a table of all models beside what needs none', async () => {
    await fetchData(await toyEasyVqa(root), join(root, 'data'), { from: root, tiny: true });
    const rows = await runBenchmark(benchmarks['easy-vqa'], { folder: root, tiny: true, dide });
    const models = ['first lesson', 'teacher', 'hard labels', 'soft labels + attention'];
    expect(Object.keys(rows)).toEqual(['commonest answer', 'commonest to the question', ...models]);
    // every second question is about the shape, which is always a circle; the rest are yes or no by halves
    expect(rows['commonest answer']!.test).toBe(0.5);
    expect(rows['commonest to the question']!.test).toBe(0.75);
    expect(Object.keys(rows.teacher!)).toEqual(['test', 'shape', 'yes/no']);
    expect(JSON.parse(await readFile(join(root, 'results.json'), 'utf8'))).toEqual(rows);
    expect(markdownOf(rows)).toContain('| commonest to the question | 75.0 % |  |  |');
  }, 60_000);

  it('of retrieval ends with the recalls of all models beside those of pixels', async () => {
    await fetchData(await toyEmoji(root), join(root, 'data'), { from: root, tiny: true });
    const rows = await runBenchmark(benchmarks.emoji, { folder: root, tiny: true, dide });
    expect(Object.keys(rows)).toEqual(['pixels alone', 'dual encoder']);
    expect(rows['pixels alone']).toMatchObject({ images: 8, 'text R@1': expect.any(Number) });
    expect(rows['dual encoder']).toMatchObject({ images: 8, 'image R@10': 1 });
  }, 60_000);
});
