/**
 * Our speed and memory beside PyTorch's, on this machine and in this run: what to quote is the ratio.
 *
 *     npm run bench -- step --size small --python peers/bin/python
 *     npm run bench -- teacher image text answer --size base
 *     npm run bench -- startup memory
 *
 * Works: `step` (a whole update of a distillation), `teacher`, `image`, `text`, `answer` (forward, one pair and eight),
 * `ask` (a question over 10,000 cached images, beside PyTorch's `answer` for as many pairs), `startup` (building and
 * compiling the step's graph), `memory` (whether 2000 steps take more than the 2000 before).
 * Each side runs in a process of its own, and the two take turns. Flags: --size base|small|mini (default small),
 * --batch N, --repeats N (default 7), --threads N (default all), --python PATH (default python3; peers.py says what
 * it needs).
 */
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type CaseName, cases } from './cases.ts';
import { type Child, startChild } from './child.ts';
import type { Request } from './ours.ts';
import { header, type Measured, mebibytes, rowOf } from './table.ts';
import { type WorkName, works } from './works.ts';

interface Options {
  readonly threads: number;
  readonly repeats: number;
  readonly python: string;
}

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    size: { type: 'string', default: 'small' },
    batch: { type: 'string' },
    repeats: { type: 'string', default: '7' },
    threads: { type: 'string', default: `${availableParallelism()}` },
    python: { type: 'string', default: 'python3' },
  },
});

const here = (file: string): string => fileURLToPath(new URL(file, import.meta.url));

const startOurs = (request: Request): Promise<Child> =>
  startChild(process.execPath, [...process.execArgv, here('ours.ts'), JSON.stringify(request)]);

let toldOfPython = false;

/** PyTorch's half; undefined where there is no PyTorch, or where the work has no counterpart. */
const startPeer = async (request: Request, { python }: Options): Promise<Child | undefined> => {
  if (request.work === 'startup') return undefined;
  const { size, batch, threads, warm } = request;
  const work = request.work === 'ask' ? 'answer' : request.work;
  const given = Object.entries({ work, size, batch, threads, warm }).flatMap(([key, value]) => [
    `--${key}`,
    `${value}`,
  ]);
  try {
    return await startChild(python, [here('peers.py'), ...given, '--serve']);
  } catch (error) {
    if (!toldOfPython) console.log(`Without PyTorch's half, since ${(error as Error).message}: give --python PATH`);
    toldOfPython = true;
    return undefined;
  }
};

/** Both sides of one work, taking turns. */
const measure = async (request: Request, options: Options): Promise<Measured> => {
  const ours = await startOurs(request);
  const peer = await startPeer(request, options);
  const milliseconds: { ours: number[]; peer: number[] } = { ours: [], peer: [] };
  for (let i = 0; i < options.repeats; i += 1) {
    milliseconds.ours.push(await ours.run());
    if (peer) milliseconds.peer.push(await peer.run());
  }
  const bytes = { ours: await ours.peakBytes(), peer: (await peer?.peakBytes()) ?? null };
  await Promise.all([ours.quit(), peer?.quit()]);
  return { what: `${request.work}, ${request.size}, batch ${request.batch}`, milliseconds, bytes };
};

/** Steps after which the heap of JavaScript has found its size. */
const SETTLED = 2000;

/** The peak of memory before and after as many steps again: the same where nothing is kept from one to the next. */
const measureMemory = async (size: CaseName, threads: number): Promise<string> => {
  const ours = await startOurs({ work: 'step', size, batch: cases[size].batch, threads, warm: SETTLED });
  const peaks = [await ours.peakBytes()];
  for (let i = 0; i < SETTLED; i += 1) await ours.run();
  peaks.push(await ours.peakBytes());
  await ours.quit();
  const [before, after] = peaks.map(mebibytes);
  return `memory, ${size}: ${before} MiB after ${SETTLED} steps, ${after} MiB after ${2 * SETTLED}`;
};

const whole = (flag: 'batch' | 'repeats' | 'threads', text: string): number => {
  if (/^[1-9]\d*$/.test(text)) return Number(text);
  throw new Error(`--${flag} ${text}: give a whole number of at least 1`);
};

const oneOf = <T extends string>(what: string, text: string, known: readonly T[]): T => {
  const found = known.find((each) => each === text);
  if (found === undefined) throw new Error(`${what} ${text}: there are ${known.join(', ')}`);
  return found;
};

const usualBatches = (work: WorkName, size: CaseName): readonly number[] => {
  if (work === 'ask') return [10_000];
  return work === 'step' || work === 'startup' ? [cases[size].batch] : [1, 8];
};

const main = async (): Promise<void> => {
  const size = oneOf('--size', flags.size, Object.keys(cases) as CaseName[]);
  const [threads, repeats] = [whole('threads', flags.threads), whole('repeats', flags.repeats)];
  const names = [...(Object.keys(works) as WorkName[]), 'memory' as const];
  const asked = positionals.length > 0 ? positionals.map((text) => oneOf('the work', text, names)) : names;
  console.log(`${threads} threads, medians of ${repeats} turns\n${header}`);
  for (const work of asked) {
    if (work === 'memory') {
      console.log(await measureMemory(size, threads));
      continue;
    }
    for (const batch of flags.batch === undefined ? usualBatches(work, size) : [whole('batch', flags.batch)]) {
      const request = { work, size, batch, threads, warm: work === 'startup' ? 0 : 2 };
      console.log(rowOf(await measure(request, { threads, repeats, python: flags.python })));
    }
  }
};

try {
  await main();
} catch (error) {
  console.error(`bench: ${(error as Error).message}`);
  process.exitCode = 1;
}
