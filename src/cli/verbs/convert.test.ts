import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { inProcess } from '../../../test/cli/cli.fixture.ts';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'dide-convert-'));
});
afterAll(() => rm(root, { recursive: true }));

const convert = (...args: string[]) => inProcess(['convert', ...args]);

it('says what it found, what it wrote and how fast', async () => {
  const to = join(root, 'shards');
  const { code, stdout, stderr } = await convert('test/files/vqav2', '--to', to);
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout).toMatch(/found VQAv2 JSON \(v2_OpenEnded_mscoco_train2014_questions.json/);
  expect(stdout).toMatch(/train +20 +1 +0\nvalidation +17 +1 +0\n/);
  expect(stdout).toMatch(/37 examples in .*, [\d,. ]+ a second/);
  expect((await readdir(to)).sort()).toEqual(['answers.txt', 'train-000000.tar', 'validation-000000.tar']);
});

it('lists what it looked for in a folder of another kind, with exit code 1', async () => {
  const { code, stderr } = await convert(
    'test/files/karpathy-coco',
    '--to',
    join(root, 'none'),
    '--task',
    'nlvr2',
    '--split',
    'test',
  );
  expect([code, stderr]).toEqual([
    1,
    expect.stringMatching(/has no split "test" for nlvr2.*\n.*NLVR2 JSON lines: nlvr2\/data\/test1.json/s),
  ]);
});
