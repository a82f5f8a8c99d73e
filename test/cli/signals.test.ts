import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { verbs } from '../../src/cli/verbs.ts';
import { dide } from './cli.fixture.ts';
import { fakeDownloads, folderWriters, nanoPlaceForTests } from './writers.fixture.ts';

const place = nanoPlaceForTests();

/** Way of stopping a verb. */
interface Stopped {
  readonly args: (out: string) => string[];
  /** Whether it is at work, by what it has written or said. */
  readonly isBegun: (out: string, said: string) => boolean;
  /** Message that it then prints. */
  readonly says: RegExp;
  /** Names in its folder and beside it afterwards. */
  readonly leaves: RegExp;
}

const holds = (path: string): boolean => existsSync(path) && statSync(path).size > 0;
const nothing = /^$/;
const train = (out: string, name: string): string[] => [
  ...folderWriters[name]!(out, place()),
  ...['--updates', '100000', '--validate-every', '100000'],
];

/** More questions than are answered while a test waits. */
const manyQuestions = (): string => join(place().root, 'many');
beforeAll(() => {
  mkdirSync(manyQuestions());
  const [first] = readFileSync(join(place().data, 'validation.jsonl'), 'utf8').split('\n');
  const row = JSON.parse(first!);
  const line = `${JSON.stringify({ ...row, image: join(place().data, row.image) })}\n`;
  for (const split of ['train', 'validation'])
    writeFileSync(join(manyQuestions(), `${split}.jsonl`), line.repeat(60_000));
});

const training = (name: string): Stopped => ({
  args: (out) => train(out, name),
  isBegun: (out) => holds(join(out, 'metrics.jsonl')),
  says: /Stopped after update \d+ of 100000; .*last\.safetensors holds update \d+\. To go on: .* --resume/,
  leaves: /^(best|last)\.safetensors$|^metrics\.jsonl$|^events\.out/,
});

const stopped: Readonly<Record<string, Stopped>> = {
  scenes: {
    args: (out) => ['scenes', out],
    isBegun: (out) => existsSync(`${out}.partial`),
    says: /^Stopped; nothing was written to .*\.$/m,
    leaves: nothing,
  },
  convert: {
    args: (out) => ['convert', manyQuestions(), '--to', out, '--format', 'parquet'],
    isBegun: (out) => existsSync(`${out}.partial/answers.txt`),
    says: /^Stopped; nothing was written to .*\.$/m,
    leaves: nothing,
  },
  fetch: {
    args: (out) => folderWriters.fetch!(out, place()),
    isBegun: (out) => existsSync(fakeDownloads(`${out}-bin`).begun),
    says: /^Stopped; nothing was written to .*\.$/m,
    leaves: nothing,
  },
  finetune: training('finetune'),
  pretrain: training('pretrain'),
  cache: {
    args: (out) => [...folderWriters.cache!(out, place()), '--batch', '1'],
    isBegun: (out) => holds(join(out, 'index.jsonl')),
    says: /Stopped after \d+ of \d+ images, which are kept in .*; the same command goes on\./,
    leaves: /^(cache\.json|index\.jsonl|vectors\.f16|index\.columns)$/,
  },
  site: {
    args: (out) => folderWriters.site!(out, place()),
    isBegun: (out) => existsSync(`${out}.partial`),
    says: /^Stopped; nothing is left, and the same command begins again\.$/m,
    leaves: nothing,
  },
  evaluate: {
    args: () => ['evaluate', place().student, '--data', manyQuestions(), '--threads', '1'],
    isBegun: (_, said) => said.includes('evaluate validation'),
    says: /^Stopped\.$/m,
    leaves: nothing,
  },
  answer: {
    args: () => [
      'answer',
      place().student,
      ...Array(4000).fill(join(place().data, 'images/validation/000001.png')),
      '?',
    ],
    isBegun: (_, said) => said.includes('answer '),
    says: /^Stopped\.$/m,
    leaves: nothing,
  },
  quickstart: {
    args: (out) => folderWriters.quickstart!(out, place()),
    isBegun: (out) => holds(join(out, 'hard', 'metrics.jsonl')),
    says: /^Stopped; what the students have learnt is kept\. To go on: the same command with --resume\.$/m,
    leaves: /^(hard|soft\+attention|scenes-.*)$/,
  },
  reproduce: {
    args: (out) => folderWriters.reproduce!(out, place()),
    isBegun: (out) => existsSync(join(out, 'tiny', 'runs')),
    says: /^Stopped\. Finished jobs are kept; the same command continues\.$/m,
    leaves: /^tiny$/,
  },
  remake: {
    args: (out) => folderWriters.remake!(out, place()),
    isBegun: (out) => existsSync(join(out, 'scenes', 'places.partial', 'images')),
    says: /^Stopped while pictures were written; the same command goes on from there\.$/m,
    leaves: /^scenes$/,
  },
};

/** Verbs of seconds, whose work is done or not: `main.ts` ends them as it ends evaluate and answer. */
const short = ['ask', 'search', 'entail', 'reason', 'key', 'export', 'explain', 'inspect'];

/**
 * Verbs that have a test of their own: `test/service/process.test.ts` stops a server, `test/cli/hub.test.ts` a download,
 * `test/cli/push.test.ts` an upload.
 */
const elsewhere = ['serve', 'pull', 'push'];

it('every verb is in the table, or is short', () => {
  expect(Object.keys(verbs).sort()).toEqual([...Object.keys(stopped), ...short, ...elsewhere].sort());
});

/** Processes that a process has started, and those that these have. */
const descendantsOf = (pid: number): number[] => {
  try {
    const text = readdirSync(`/proc/${pid}/task`).map((task) =>
      readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8'),
    );
    const children = text.join(' ').split(/\s+/).filter(Boolean).map(Number);
    return children.flatMap((child) => [child, ...descendantsOf(child)]);
  } catch {
    return [];
  }
};

const isAlive = (pid: number): boolean => existsSync(`/proc/${pid}`);

/** Those that are still there after a while: what compiles TypeScript ends a moment after the process that it serves. */
const leftOf = async (pids: readonly number[]): Promise<number[]> => {
  for (let tries = 0; tries < 100 && pids.some(isAlive); tries += 1) await sleep(50);
  return pids.filter(isAlive);
};

const stop = async (name: string, signal: NodeJS.Signals) => {
  const { args, isBegun } = stopped[name]!;
  const out = join(place().root, `${name}-${signal}`);
  let descendants: number[] = [];
  const ended = await dide(
    args(out),
    (kill, { pid, said }) => {
      const timer = setInterval(() => {
        if (!isBegun(out, said())) return;
        clearInterval(timer);
        descendants = descendantsOf(pid);
        kill(signal);
      }, 5);
    },
    fakeDownloads(`${out}-bin`).env,
  );
  return { ...ended, out, left: await leftOf(descendants), started: descendants.length };
};

describe.each([
  ['SIGTERM', 143, Object.keys(stopped)],
  ['SIGINT', 130, ['scenes', 'fetch', 'pretrain', 'evaluate', 'quickstart']],
] as const)('at %s', (signal, expected, names) => {
  it.each(names)(
    `%s ends with ${expected}, says what is kept, and leaves no process and nothing half`,
    async (name) => {
      const { code, stdout, stderr, out, left, started } = await stop(name, signal);
      expect({ code, stdout }, stderr).toEqual({ code: expected, stdout: '' });
      expect(stderr).toMatch(stopped[name]!.says);
      expect(left).toEqual([]);
      if (name === 'reproduce' || name === 'fetch') expect(started).toBeGreaterThan(0);
      const names = existsSync(out) ? readdirSync(out) : [];
      expect(names.filter((one) => !stopped[name]!.leaves.test(one))).toEqual([]);
      const beside = readdirSync(place().root).filter((one) => one.startsWith(`${name}-${signal}.`));
      expect(beside).toEqual([]);
    },
    120_000,
  );
});
