import { spawn } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { run } from '../src/cli/program.ts';

let root: string;
let data: string;
let teacher: string;
let student: string;

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The command line as a user has it: a process of its own. */
const dide = (args: readonly string[], onStart?: (kill: (signal: NodeJS.Signals) => void) => void): Promise<Ended> =>
  new Promise((resolve) => {
    const child = spawn(process.execPath, ['--import', 'tsx', 'src/cli/main.ts', ...args]);
    const said = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].on('data', (chunk) => {
        said[name] += chunk;
      });
    }
    child.on('close', (code) => resolve({ code, ...said }));
    onStart?.((signal) => child.kill(signal));
  });

/** The same in this process, without a second of start-up. */
const inProcess = async (args: readonly string[]): Promise<Ended> => {
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

const parsed = ({ code, stdout, stderr }: Ended) => {
  expect(code, stderr).toBe(0);
  expect(stdout.trim().split('\n')).toHaveLength(1);
  return JSON.parse(stdout);
};

const jsonOf = async (...args: string[]) => parsed(await inProcess([...args, '--json']));

/** What a mistake of the user says: one line, without a stack, exit code 1. */
const failing = async (...args: string[]): Promise<string> => {
  const { code, stdout, stderr } = await inProcess(args);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  expect(stderr).not.toMatch(/\n\s+at /);
  return stderr.trimEnd().replaceAll(root, '');
};

const best = (folder: string): string => join(folder, 'best.safetensors');

const finetuneFrom = (...args: string[]): string[] => ['finetune', '--tiny', '--threads', '1', ...args];

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'dide-cli-'));
  [data, teacher, student] = [join(root, 'scenes'), join(root, 'teacher'), join(root, 'student')];
  parsed(await dide(['scenes', data, '--tiny', '--json']));
  await jsonOf(...finetuneFrom('--from-scratch', '--data', data, '--out', teacher));
  await jsonOf(...finetuneFrom('--teacher', best(teacher), '--data', data, '--out', student, '--updates', '4'));
}, 120_000);
afterAll(() => rm(root, { recursive: true, force: true }));

describe('a journey through the command line', () => {
  it('writes a data set that says how it was made', async () => {
    expect(readdirSync(data).sort()).toEqual(
      [
        'README.md',
        'answers.txt',
        'images',
        'scenes.json',
        'test-comp.jsonl',
        'test-iid.jsonl',
        'train.jsonl',
        'validation.jsonl',
      ].sort(),
    );
    expect(readFileSync(join(data, 'README.md'), 'utf8')).toContain('dide scenes');
  });

  it('trains a teacher, and has nothing left to do when it is resumed', async () => {
    const args = finetuneFrom('--from-scratch', '--data', data, '--out', teacher, '--resume');
    const again = await jsonOf(...args);
    expect(again).toMatchObject({ model: 'vilt', updates: 0, best: { update: expect.any(Number) } });
  });

  it('judges a model by split and kind, and writes what it answered', async () => {
    const path = join(root, 'predictions.jsonl');
    const args = ['--data', data, '--split', 'validation,test-comp', '--predictions', path, '--threads', '1'];
    const { lines } = await jsonOf('evaluate', best(student), ...args);
    const whole = lines.filter(({ kind }: { kind?: string }) => kind === undefined);
    expect(whole.map(({ split, questions }: { split: string; questions: number }) => [split, questions])).toEqual([
      ['validation', 16],
      ['test-comp', 16],
    ]);
    for (const { accuracy, interval } of lines) {
      expect(interval[0]).toBeLessThanOrEqual(accuracy);
      expect(interval[1]).toBeGreaterThanOrEqual(accuracy);
    }
    const predictions = readFileSync(path, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(predictions).toHaveLength(32);
    expect(predictions[0]).toMatchObject({
      split: 'validation',
      id: 'validation.jsonl:1',
      predicted: expect.any(String),
    });
  });

  it('caches images once, and asks them', async () => {
    const cache = join(root, 'cache');
    const images = join(data, 'images', 'test-iid');
    const first = await jsonOf('cache', best(student), images, '--to', cache, '--threads', '1');
    expect(first).toMatchObject({ images: 16, encoded: 16, kept: 0 });
    const { stdout } = await inProcess([
      'ask',
      best(student),
      'is there a red circle?',
      '--cache',
      cache,
      '--top',
      '3',
    ]);
    expect(stdout.split('\n').filter((line) => /^0000\d\d\.png {2}\S+ +0\.\d{3}$/.test(line))).toHaveLength(3);
    expect(stdout).toContain('and 13 more images');
    expect(await failing('ask', best(student), '  ', '--cache', cache)).toMatch(/^question: the text is empty/);
    expect(await jsonOf('inspect', cache)).toMatchObject({ kind: 'cache', images: 16 });
  });

  it('says what a run and a data folder hold', async () => {
    const { files } = await jsonOf('inspect', student);
    expect(files[best(student)]).toMatchObject({ kind: 'model', description: { model: 'dide', task: 'vqa' } });
    expect(files[join(student, 'last.safetensors')]).toMatchObject({ kind: 'checkpoint', progress: { update: 4 } });
    const { splits } = await jsonOf('inspect', data);
    expect(splits).toContainEqual({ split: 'test-iid', rows: 16, images: 16, answered: 16 });
  });

  it('stops after the update under way when it is interrupted, and says how to go on', async () => {
    const out = join(root, 'stopped');
    const args = finetuneFrom(
      '--from-scratch',
      '--data',
      data,
      '--out',
      out,
      '--updates',
      '3000',
      '--checkpoint-every',
      '1',
    );
    const { code, stderr, stdout } = await dide(args, (kill) => {
      const curves = join(out, 'metrics.jsonl');
      const timer = setInterval(() => {
        if (!existsSync(curves) || readFileSync(curves, 'utf8').split('\n').length < 4) return;
        clearInterval(timer);
        kill('SIGINT');
      }, 20);
    });
    expect(code, stderr).toBe(130);
    expect(stdout).toBe('');
    const [, done, saved] =
      /Stopped after update (\d+) of 3000; .*last.safetensors holds update (\d+)\. To go on: .*--resume/.exec(stderr)!;
    expect(saved).toBe(done);
  });
});

/** A copy of the data with one file changed. */
const dataWith = (name: string, change: (text: string) => string): string => {
  const folder = join(root, `changed-${name}-${readdirSync(root).length}`);
  cpSync(data, folder, { recursive: true });
  writeFileSync(join(folder, name), change(readFileSync(join(data, name), 'utf8')));
  return folder;
};

const training = (folder: string): string[] =>
  finetuneFrom('--from-scratch', '--data', folder, '--out', join(root, 'never'));

describe('bad input ends with one line on stderr, exit code 1, and nothing half-written', () => {
  it('for a model file that is missing, damaged or cut short', async () => {
    const damaged = join(root, 'damaged.safetensors');
    expect(await failing('evaluate', damaged, '--data', data)).toMatch(/^\/damaged.safetensors: it cannot be opened/);
    copyFileSync(best(student), damaged);
    truncateSync(damaged, 5000);
    expect(await failing('evaluate', damaged, '--data', data)).toMatch(/^\/damaged.safetensors: /);
    writeFileSync(damaged, 'these are no weights at all');
    expect(await failing('inspect', damaged)).toMatch(/^\/damaged.safetensors: its header claims/);
  });

  it('for a line that is not JSON, and names file and line', async () => {
    const folder = dataWith('train.jsonl', (text) => text.replace('\n', '\n{"image": \n'));
    expect(await failing(...training(folder))).toMatch(/^train.jsonl:2: not JSON/);
  });

  it('for an empty question and for an image that is missing', async () => {
    const empty = dataWith('train.jsonl', (text) => text.replaceAll(/"question":"[^"]*"/g, '"question":" "'));
    expect(await failing(...training(empty))).toMatch(/^train.jsonl:\d+: the text is empty/);
    const missing = dataWith('train.jsonl', (text) => text.replaceAll('images/train/', 'images/gone/'));
    expect(await failing(...training(missing))).toMatch(/^train.jsonl:\d+: .*there is no such image/);
  });

  it('for an answer outside the vocabulary, unless such answers are to be ignored', async () => {
    const folder = dataWith('train.jsonl', (text) => text.replace(/"answer":"[^"]*"/, '"answer":"perhaps"'));
    expect(await failing(...training(folder))).toMatch(
      /^train.jsonl:1: the answer "perhaps" is not among the 20 .*--unknown-answers ignore$/,
    );
    const args = [
      ...finetuneFrom('--from-scratch', '--data', folder, '--out', join(root, 'ignoring')),
      '--updates',
      '1',
    ];
    expect(await jsonOf(...args, '--unknown-answers', 'ignore')).toMatchObject({ updates: 1 });
  });

  it('for a split that is not there, and lists those that are', async () => {
    const said = await failing('evaluate', best(student), '--data', data, '--split', 'valid');
    expect(said).toMatch(/has no split "valid".*test-comp, test-iid, train, validation/);
  });

  it('for a run that is there already', async () => {
    const said = await failing(...finetuneFrom('--from-scratch', '--data', data, '--out', teacher));
    expect(said).toMatch(/^\/teacher: it already has the curves of a run, up to step 20/);
    expect(existsSync(best(teacher))).toBe(true);
  });

  it('for a teacher that cannot answer alone', async () => {
    expect(await failing('cache', best(teacher), data, '--to', join(root, 'never'))).toMatch(/the model is vilt/);
  });

  it('for options that say too little or contradict each other', async () => {
    expect(await failing('finetune', '--data', data, '--out', join(root, 'never'))).toMatch(
      /^finetune: nothing says what is to learn/,
    );
    expect(await failing(...training(data), '--teacher', best(teacher))).toMatch(
      /'--from-scratch' cannot be used with/,
    );
    expect(await failing(...training(data), '--batch', '0')).toMatch(/'0' is invalid. Give a whole number from 1 up/);
    expect(await failing(...training(data), '--recipe', 'soft')).toMatch(/needs a teacher/);
  });

  it('for a verb that is none, in a process of its own', async () => {
    const { code, stdout, stderr } = await dide(['finetun']);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toBe("unknown command 'finetun' (Did you mean finetune?)\n");
  });

  it('and none of them has left a folder', () => {
    expect(existsSync(join(root, 'never'))).toBe(false);
    expect(readdirSync(root).filter((name) => /partial|tmp$/.test(name))).toEqual([]);
  });
});
