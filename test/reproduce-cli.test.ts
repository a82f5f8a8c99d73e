import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { dide, failing } from './cli.fixture.ts';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'dide-reproduce-cli-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const told = (...args: string[]): string[] => ['reproduce', '--tiny', '--out', root, ...args];

it('begins nothing once the time is up, and shows that there is nothing yet', async () => {
  const { code, stdout, stderr } = await dide(told('--minutes', '0.0001'));
  expect(code, stderr).toBe(0);
  expect(stdout).toContain('0 of some more pieces are done');
  expect(await readFile(join(root, 'tiny', 'report', 'README.md'), 'utf8')).toContain('nothing to compare yet');
});

it('does each piece in a process of its own, stops at once when it is interrupted, and keeps what is finished', async () => {
  const first = join(root, 'tiny', 'pieces', 'stage-1', 'teacher.json');
  const { code, stderr } = await dide(told('--workers', '1'), (kill) => {
    const timer = setInterval(() => {
      if (!existsSync(first)) return;
      clearInterval(timer);
      kill('SIGINT');
    }, 50);
  });
  expect(code, stderr).toBe(130);
  expect(stderr).toContain('Finished pieces are kept; the same command goes on.');
  const outcome = JSON.parse(await readFile(first, 'utf8'));
  expect(outcome.training.updates).toBe(2);
  expect(outcome.peakBytes).toBeGreaterThan(50 * 2 ** 20);
}, 120_000);

it('says what is wrong: no teacher to begin from', async () => {
  expect(await failing(root, ...told('--teacher', join(root, 'none.safetensors')))).toContain('no such file');
});
