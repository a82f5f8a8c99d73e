import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, vi } from 'vitest';
import { run } from '../../src/cli/program.ts';

/** Folder of a file of tests: a data set, and a teacher and a student trained on it by the command line. */
export interface Place {
  readonly root: string;
  readonly data: string;
  readonly teacher: string;
  readonly student: string;
}

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A process under way: its number, and what it has said on stderr. */
interface Running {
  readonly pid: number;
  readonly said: () => string;
}

/** The command line as a user has it: a process of its own. */
export const dide = (
  args: readonly string[],
  onStart?: (kill: (signal: NodeJS.Signals) => void, running: Running) => void,
  env: NodeJS.ProcessEnv = process.env,
): Promise<Ended> =>
  new Promise((resolve) => {
    const child = spawn(process.execPath, ['--import', 'tsx', 'src/cli/main.ts', ...args], { env });
    const said = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].on('data', (chunk) => {
        said[name] += chunk;
      });
    }
    child.on('close', (code) => resolve({ code, ...said }));
    onStart?.((signal) => child.kill(signal), { pid: child.pid!, said: () => said.stderr });
  });

/** Presses Ctrl-C once something has happened. */
export const interruptedOnce = (hasHappened: () => boolean, args: readonly string[]): Promise<Ended> =>
  dide(args, (kill) => {
    const timer = setInterval(() => {
      if (!hasHappened()) return;
      clearInterval(timer);
      kill('SIGINT');
    }, 10);
  });

/** Runs the command line in this process, without a second of start-up. */
export const inProcess = async (args: readonly string[]): Promise<Ended> => {
  const said = { stdout: '', stderr: '' };
  const spies = (['stdout', 'stderr'] as const).map((name) =>
    vi.spyOn(process[name], 'write').mockImplementation((chunk) => {
      said[name] += String(chunk);
      return true;
    }),
  );
  try {
    return { code: await run(['node', 'dide', ...args]), ...said };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
};

export const parsed = ({ code, stdout, stderr }: Ended) => {
  expect(code, stderr).toBe(0);
  expect(stdout.trim().split('\n')).toHaveLength(1);
  return JSON.parse(stdout);
};

export const jsonOf = async (...args: string[]) => parsed(await inProcess([...args, '--json']));

/** Message for a mistake of the user: one line, without a stack, exit code 1. */
export const failing = async (root: string, ...args: string[]): Promise<string> => {
  const { code, stdout, stderr } = await inProcess(args);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  expect(stderr).not.toMatch(/\n\s+at /);
  return stderr.trimEnd().replaceAll(root, '');
};

export const best = (folder: string): string => join(folder, 'best.safetensors');

export const finetuneFrom = (...args: string[]): string[] => ['finetune', '--tiny', '--threads', '1', ...args];

/** Makes the place before the tests of a file, and removes it after them. */
export const placeForTests = (): (() => Place) => {
  let place: Place;
  beforeAll(async () => {
    const root = await mkdtemp(join(tmpdir(), 'dide-cli-'));
    const [data, teacher, student] = [join(root, 'scenes'), join(root, 'teacher'), join(root, 'student')];
    place = { root, data, teacher, student };
    await jsonOf('scenes', data, '--tiny');
    await jsonOf(...finetuneFrom('--from-scratch', '--data', data, '--out', teacher));
    await jsonOf(...finetuneFrom('--teacher', best(teacher), '--data', data, '--out', student, '--updates', '4'));
  }, 120_000);
  afterAll(() => rm(place.root, { recursive: true, force: true }));
  return () => place;
};
