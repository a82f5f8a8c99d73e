/**
 * Our speed and memory beside that of what others use, on this machine and in this run: what to quote is the ratio.
 *
 *     npm run bench -- step --size mini --python peers/bin/python
 *     npm run bench -- teacher image text answer --size base
 *     npm run bench -- load pipeline words --repeats 5
 *     npm run bench -- startup memory waiting
 *     npm run bench -- ask --images 10000,100000,1000000 --python peers/bin/python
 *     npm run bench -- whole --python peers/bin/python
 *
 * Works, beside PyTorch's: `step` (a whole update of a distillation), `pretrain` (the same of stage 1),
 * `pretrain-once` (the same, beside a PyTorch that computes no pair twice, as we do), `teacher`, `image`, `text`
 * (and each with `-int8`, `step-int8` with the teacher in int8, beside a PyTorch of --peer-precision fp32 or bf16),
 * `answer` (forward, one pair and eight), `ask` (a question over 10,000 cached images, beside PyTorch's `answer` for
 * as many pairs). Beside other libraries of Python: `load` (a checkpoint of 470 MB, beside torch.load and
 * load_state_dict, each time in new processes), `pipeline` (pictures to patches, beside Pillow and NumPy), `words`
 * (100,000 lines to ids, beside transformers' BertTokenizer); of the last two the results are compared as well.
 * `kept`: a question over what is kept of an image, and over what it is computed from. `whole`: a question over a thousand pictures by the teacher pair by pair, and by the student without and with a cache.
 * Alone: `startup` (building and compiling the step's graph), `waiting` (the share of a training's time that its data
 * cost), `memory` (whether 2000 steps take more than the 2000 before). Each side runs in a process of its own, and
 * the two take turns. Flags: --size base|small|mini (default small; data are read at base), --batch N, --repeats N
 * (default 7), --threads N (default all), --clock processors (the time that all threads of a side computed, for a machine on
 * which others compute, too; default wall), --images N,N: `ask` of the shipped student over caches that are generated (and
 * kept in --stores FOLDER), as the built command, beside the limits of the machine and beside NumPy; --python PATH (default python3; peers.py and peers_data.py say what it
 * needs; without that, our half stands alone).
 */

import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { counted } from '../src/errors.ts';
import { measureAsk } from './ask.ts';
import { type CaseName, cases } from './cases.ts';
import { measureKept } from './kept.ts';
import { writeMaterials } from './materials.ts';
import { type Options, startOurs, startPeer } from './sides.ts';
import { header, type Measured, mebibytes, rowOf, waitingRow } from './table.ts';
import { measureWhole } from './whole.ts';
import { type WorkName, works } from './works.ts';

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    size: { type: 'string', default: 'small' },
    batch: { type: 'string' },
    repeats: { type: 'string', default: '7' },
    threads: { type: 'string', default: `${availableParallelism()}` },
    python: { type: 'string', default: 'python3' },
    'peer-precision': { type: 'string', default: 'fp32' },
    clock: { type: 'string', default: 'wall' },
    images: { type: 'string' },
    stores: { type: 'string' },
  },
});

interface Given {
  readonly work: WorkName;
  readonly size: CaseName;
  readonly batch: number;
  readonly folder: string;
}

/** Nobody loads one checkpoint again and again in one process: both sides begin anew for each turn. */
const measure = async (given: Given, options: Options): Promise<Measured> => {
  if (given.work !== 'load') return await takeTurns(given, options);
  const turns: Measured[] = [];
  for (let i = 0; i < options.repeats; i += 1) turns.push(await takeTurns(given, { ...options, repeats: 1 }));
  const of = (side: 'ours' | 'peer'): number[] => turns.flatMap(({ milliseconds }) => milliseconds[side]);
  return { ...turns[0]!, milliseconds: { ours: of('ours'), peer: of('peer') } };
};

/** Both sides of one work, taking turns. */
const takeTurns = async (given: Given, options: Options): Promise<Measured> => {
  const request = { ...given, threads: options.threads, warm: warmUps(given.work) };
  const ours = await startOurs(request);
  const peer = await startPeer(request, options);
  const milliseconds: { ours: number[]; peer: number[] } = { ours: [], peer: [] };
  const waited: number[] = [];
  for (let i = 0; i < options.repeats; i += 1) {
    const ran = await ours.run();
    milliseconds.ours.push(ran.milliseconds);
    if (ran.waitMilliseconds !== undefined) waited.push(ran.waitMilliseconds);
    if (peer) milliseconds.peer.push((await peer.run()).milliseconds);
  }
  const digests = peer ? [await ours.digest(), await peer.digest()] : [];
  const bytes = { ours: await ours.peakBytes(), peer: (await peer?.peakBytes()) ?? null };
  await Promise.all([ours.quit(), peer?.quit()]);
  const isSame = digests.length > 0 && digests[0] !== null ? digests[0] === digests[1] : undefined;
  return { what: nameOf(given), milliseconds, bytes, waited, ...(isSame === undefined ? {} : { isSame }) };
};

const warmUps = (work: WorkName): number => {
  if (work === 'startup' || work === 'load') return 0;
  return work === 'words' ? 1 : 2;
};

const nameOf = ({ work, size, batch }: Given): string => {
  if (work === 'load') return 'load, base';
  if (work === 'words') return `words, ${batch} lines`;
  return work === 'pipeline' ? `pipeline, ${batch} pictures` : `${work}, ${size}, batch ${batch}`;
};

/** Steps after which the heap of JavaScript has found its size. */
const SETTLED = 2000;

/** The peak of memory before and after as many steps again: the same where nothing is kept from one to the next. */
const measureMemory = async (size: CaseName, threads: number): Promise<string> => {
  const ours = await startOurs({ work: 'step', size, batch: cases[size].batch, threads, warm: SETTLED, folder: '' });
  const peaks = [await ours.peakBytes()];
  for (let i = 0; i < SETTLED; i += 1) await ours.run();
  peaks.push(await ours.peakBytes());
  await ours.quit();
  const [before, after] = peaks.map(mebibytes);
  return `memory, ${size}: ${before} MiB after ${SETTLED} steps, ${after} MiB after ${2 * SETTLED}`;
};

const whole = (flag: 'batch' | 'repeats' | 'threads' | 'images', text: string): number => {
  if (/^[1-9]\d*$/.test(text)) return Number(text);
  throw new Error(`--${flag} ${text}: give a whole number of at least 1`);
};

const oneOf = <T extends string>(what: string, text: string, known: readonly T[]): T => {
  const found = known.find((each) => each === text);
  if (found === undefined) throw new Error(`${what} ${text}: there are ${known.join(', ')}`);
  return found;
};

const usualBatches = (work: WorkName, size: CaseName): readonly number[] => {
  const ofPairs = size === 'base' ? 8 : cases[size].batch;
  const single: Partial<Record<WorkName, number>> = {
    ...{
      step: cases[size].batch,
      'step-int8': cases[size].batch,
      startup: cases[size].batch,
      waiting: cases[size].batch,
    },
    ...{ pretrain: ofPairs, 'pretrain-once': ofPairs, ask: 10_000, load: 1, pipeline: 32, words: 100_000 },
  };
  return single[work] === undefined ? [1, 8] : [single[work]];
};

/** One row: its data are written first, and are gone after it. */
const row = async (given: Omit<Given, 'folder'>, options: Options): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'dide-bench-'));
  try {
    await writeMaterials(given.work, folder, { batch: given.batch, python: options.python });
    const measured = await measure({ ...given, folder }, options);
    if (measured.isSame === false) process.exitCode = 1;
    return given.work === 'waiting' ? waitingRow(measured) : rowOf(measured);
  } catch (error) {
    if (given.work !== 'load') throw error;
    return `load: left out, since nobody wrote its checkpoint (${(error as Error).message}): give --python PATH`;
  } finally {
    await rm(folder, { recursive: true });
  }
};

const main = async (): Promise<void> => {
  process.env.DIDE_BENCH_CLOCK = oneOf('--clock', flags.clock, ['wall', 'processors'] as const);
  const size = oneOf('--size', flags.size, Object.keys(cases) as CaseName[]);
  const options = {
    threads: whole('threads', flags.threads),
    repeats: whole('repeats', flags.repeats),
    python: flags.python,
    peerPrecision: oneOf('--peer-precision', flags['peer-precision'], ['fp32', 'bf16'] as const),
  };
  const names = [...(Object.keys(works) as WorkName[]), 'memory' as const, 'whole' as const, 'kept' as const];
  const asked = positionals.length > 0 ? positionals.map((text) => oneOf('the work', text, names)) : names;
  console.log(`${counted(options.threads, 'thread')}, medians of ${counted(options.repeats, 'turn')}\n${header}`);
  for (const work of asked) {
    if (work === 'memory') {
      console.log(await measureMemory(size, options.threads));
      continue;
    }
    if (work === 'whole' || work === 'kept') {
      console.log((await (work === 'whole' ? measureWhole(options) : measureKept())).join('\n'));
      continue;
    }
    if (work === 'ask' && flags.images !== undefined) {
      for (const images of flags.images.split(',').map((text) => whole('images', text)))
        console.log((await measureAsk({ ...options, images, stores: flags.stores })).join('\n'));
      continue;
    }
    for (const batch of flags.batch === undefined ? usualBatches(work, size) : [whole('batch', flags.batch)]) {
      console.log(await row({ work, size, batch }, options));
    }
  }
};

try {
  await main();
} catch (error) {
  console.error(`bench: ${(error as Error).message}`);
  process.exitCode = 1;
}
