import { fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { reproductionSizes } from '../../src/studies/reproduction/size.ts';
import { dide, failing, interruptedOnce } from './cli.fixture.ts';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'dide-reproduce-cli-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const told = (...args: string[]): string[] => ['reproduce', '--tiny', '--out', root, ...args];

it('begins nothing once the time is up, and shows that there is nothing yet', async () => {
  const { code, stdout, stderr } = await dide(told('--hours', '0.000001'));
  expect(code, stderr).toBe(0);
  expect(stdout).toContain('0 of 59 jobs are done');
  expect(stdout).toMatch(/^This is the toy run \(--tiny\)/);
  const readme = await readFile(join(root, 'tiny', 'report', 'README.md'), 'utf8');
  expect(readme).toContain('none of its 59 jobs has run yet');
  expect(readme).toContain('This is the toy run (--tiny): 2 updates a training');
});

it('stops while it writes scenes, when no job is running yet', async () => {
  const out = join(root, 'early');
  const hasBegun = (): boolean => existsSync(join(out, 'tiny', 'scenes'));
  const { code, stderr } = await interruptedOnce(hasBegun, ['reproduce', '--tiny', '--out', out]);
  expect(code, stderr).toBe(130);
  expect(stderr).toContain('the same command continues.');
  expect(existsSync(join(out, 'tiny', 'pieces'))).toBe(false);
});

it('runs each job in a process of its own, stops at once when it is interrupted, and keeps what is finished', async () => {
  const first = join(
    root,
    'tiny',
    'pieces',
    'student',
    'vqa',
    'hard',
    'teacher',
    'rate-0.001',
    'updates-4',
    'seed-0.json',
  );
  const { code, stderr } = await interruptedOnce(() => existsSync(first), told('--workers', '1'));
  expect(code, stderr).toBe(130);
  expect(stderr).toContain('Finished jobs are kept; the same command continues.');
  const result = JSON.parse(await readFile(first, 'utf8'));
  expect(result.training.updates).toBe(4);
  expect(result.peakBytes).toBeGreaterThan(50 * 2 ** 20);
}, 120_000);

it('ends the process of a job that fails, which would otherwise be waited for without end', async () => {
  // the folder of its scenes is a file
  const out = join(root, 'failing');
  await writeFile(out, '');
  const args = ['reproduce', '--tiny', '--out', out, '--encoder', 'assets/pretrained-mini.safetensors'];
  const child = fork('src/cli/main.ts', [...args, '--job', 'teacher/vqa'], {
    execArgv: ['--import', 'tsx'],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let errors = '';
  child.stderr!.on('data', (chunk) => {
    errors += chunk;
  });
  const code = await new Promise((resolve) => child.on('exit', resolve));
  expect(code).toBe(1);
  expect(errors.split('\n')).toHaveLength(2);
}, 60_000);

it('goes on from the numbers of another machine, of the same size alone', async () => {
  const outcome = { id: 'teacher/vqa', measures: { validation: { accuracy: 0.5 } } };
  const file = join(root, 'outcomes.json');
  const write = (size: unknown, id = outcome.id): Promise<void> =>
    writeFile(file, JSON.stringify({ size, outcomes: [{ ...outcome, id }] }));
  const other = join(root, 'other');
  const take = ['reproduce', '--tiny', '--out', other, '--hours', '0.000001', '--take', file];
  await write(reproductionSizes.tiny);
  const { code, stdout, stderr } = await dide(take);
  expect(code, stderr).toBe(0);
  expect(stdout).toContain('1 of 59 jobs are done');
  expect(JSON.parse(await readFile(join(other, 'tiny', 'pieces', 'teacher', 'vqa.json'), 'utf8'))).toEqual(outcome);
  for (const size of [reproductionSizes.quick, { ...reproductionSizes.tiny, relations: 1 }]) {
    await write(size);
    expect(await failing(root, ...take)).toContain('of another size, or of other questions');
  }
  await write(reproductionSizes.tiny, '../../elsewhere');
  expect(await failing(root, ...take)).toContain('not the outcomes.json of a reproduction');
});

it('says what is wrong: no encoder to begin from, a part that is none', async () => {
  expect(await failing(root, ...told('--encoder', join(root, 'none.safetensors')))).toContain('no such file');
  expect(await failing(root, ...told('--only', 'scale,nothing'))).toContain('Give some of: scale, stage-1');
});

it('prints what the jobs of some parts cost, with what they depend on, and runs none', async () => {
  const out = join(root, 'planned');
  const { code, stdout, stderr } = await dide([
    'reproduce',
    '--out',
    out,
    '--plan',
    '--only',
    'scale',
    '--workers',
    '2',
  ]);
  expect(code, stderr).toBe(0);
  expect(stdout).toMatch(/^scale +40,000 +4 +0 +\d/m);
  expect(stdout).not.toMatch(/^(nlvr2|stage-1|cost)/m);
  expect(stdout).toMatch(/jobs to run: about \d+\.\d hours on one core, \d+\.\d with 2 jobs at a time/);
  expect(existsSync(out)).toBe(false);
});
