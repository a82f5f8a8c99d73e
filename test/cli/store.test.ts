import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createModel } from '../../src/checkpoints/model-file.ts';
import { createStudent, saveModel } from '../../src/index.ts';
import { nanoDescription, writeNano } from '../fixtures/nano.ts';
import { dide } from './cli.fixture.ts';

const home = mkdtempSync(join(tmpdir(), 'store-'));
const [data, teacher, student] = ['scenes', 'teacher.safetensors', 'student.safetensors'].map((name) =>
  join(home, name),
) as [string, string, string];
const photos = join(data, 'images', 'train');

beforeAll(async () => {
  await writeNano(data, 24);
  const model = createModel(nanoDescription('vilt'), 1);
  await saveModel(teacher, model);
  await saveModel(student, createStudent(model, { depth: 1 }));
}, 60_000);
afterAll(() => rmSync(home, { recursive: true, force: true }));

const inNamespace = ['unshare', '--pid', '--fork', '--mount-proc'] as const;
const hasNamespaces = spawnSync(inNamespace[0], [...inNamespace.slice(1), 'true']).status === 0;

const caching = (to: string) => ['cache', student, photos, '--to', to, '--threads', '1', '--batch', '1', '--json'];

/** A verb as process 1 of a namespace of its own. */
const asFirst = (args: readonly string[]) => {
  const child = spawn(inNamespace[0], [
    ...inNamespace.slice(1),
    ...[process.execPath, '--import', 'tsx', 'src/cli/main.ts', ...args],
  ]);
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      said += chunk;
    });
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  return { child, ended, said: () => said };
};

/** The number outside of process 1 of a namespace: the only child of its `unshare`. */
const firstOf = ({ pid }: ChildProcess): number =>
  Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim());

const until = async (isSo: () => boolean): Promise<void> => {
  while (!isSo()) await sleep(5);
};

const isBegun = (to: string): boolean =>
  existsSync(join(to, 'index.jsonl')) && readFileSync(join(to, 'index.jsonl')).length > 0;

it.skipIf(!hasNamespaces)(
  'gives the lock at once to a process 1 whose predecessor of the same number was killed',
  { timeout: 120_000 },
  async () => {
    const to = join(home, 'killed.cache');
    const killed = asFirst(caching(to));
    await until(() => isBegun(to));
    process.kill(firstOf(killed.child), 'SIGKILL');
    await killed.ended;
    expect(readFileSync(join(to, 'cache.lock'), 'utf8')).toMatch(/^1 /);
    const next = asFirst(caching(to));
    expect(await next.ended).toBe(0);
    expect(next.said()).not.toContain('is writing it');
    const { images, encoded, kept } = JSON.parse(next.said().match(/^\{.*\}$/m)![0]);
    expect([images, encoded + kept]).toEqual([readdirSync(photos).length, images]);
    expect(kept).toBeGreaterThan(0);
  },
);

it('keeps each image’s numbers where many write at once and some are killed', { timeout: 240_000 }, () => {
  const stress = ['scripts/store-stress.ts', '--starts', '3', '--rounds', '1', '--kills', '2', '--images', '8'];
  const { stdout, stderr, status } = spawnSync(process.execPath, ['--import', 'tsx', ...stress], { encoding: 'utf8' });
  expect(`${stdout}${stderr}`).toMatch(
    /^round 1: \d of 3 cached, \d were told that another does: 8 images, 0 with other numbers\n2 kills \(\d while it wrote, \d came too late\): 8 images, 0 with other numbers\n/,
  );
  expect(stdout).toMatch(/all right\n$/);
  expect(status).toBe(0);
});

it.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)(
  'ends at %s while it fills a teacher’s cache, and goes on from there',
  { timeout: 120_000 },
  async (signal, expected) => {
    const out = join(home, signal);
    const cache = join(home, `${signal}-cache`);
    const args = ['finetune', '--teacher', teacher, '--data', data, '--out', out, '--cache-teacher', cache];
    const options = ['--batch', '1', '--updates', '2', '--threads', '1'];
    const { code, stderr } = await dide([...args, ...options], async (kill) => {
      await until(
        () => existsSync(join(cache, 'records.jsonl')) && readFileSync(join(cache, 'records.jsonl')).length > 0,
      );
      kill(signal);
    });
    expect(stderr).toContain(
      'Stopped before the first update; what the teacher made is kept. The same command goes on.',
    );
    expect(code).toBe(expected);
    const kept = readFileSync(join(cache, 'records.jsonl'), 'utf8').split('\n').length - 1;
    const examples = readFileSync(join(data, 'train.jsonl'), 'utf8').split('\n').length - 1;
    expect(kept).toBeLessThan(examples);
    const again = await dide([...args, ...options]);
    expect(again.stderr).toContain(`caching what the teacher makes of ${examples - kept} of ${examples} examples`);
    expect(again.code).toBe(0);
  },
);
