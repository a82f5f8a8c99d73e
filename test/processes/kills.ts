import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { openSafetensors } from '../../src/checkpoints/formats/safetensors.ts';
import { lastIn } from '../../src/training/run-folder.ts';
import { childCommand, endOf, mpirun } from './mpi.fixture.ts';
import type { RunOrder } from './run.child.ts';

/** When a process is killed, and which. */
export interface Kill {
  /** Rank that it has by then. */
  readonly rank: number;
  /** Update after which it is killed. */
  readonly after: number;
  /** Milliseconds after it. */
  readonly later: number;
}

/** Kills at random moments of a run of some updates, one after the other, until one process is left at most. */
export const randomKills = (count: number, processes: number, updates: number): Kill[] => {
  const span = Math.floor(updates / count);
  return Array.from({ length: count }, (_, i) => ({
    rank: Math.floor(Math.random() * (processes - i)),
    after: 1 + i * span + Math.floor(Math.random() * (span - 1)),
    later: 150 * Math.random(),
  }));
};

/** Options with which Open MPI goes on after a process is lost. */
export const faultTolerant = ['--with-ft', 'ulfm'];

/** One training in some processes, some of which are killed. → how it ended, and how many were killed when */
export const trainAndKill = async (
  processes: number,
  order: RunOrder,
  kills: readonly Kill[],
  options: readonly string[] = faultTolerant,
) => {
  const command = childCommand(new URL('run.child.ts', import.meta.url), JSON.stringify(order));
  const child = mpirun(processes, command, options);
  const waiting = [...kills];
  let killedAt = performance.now();
  createInterface({ input: child.stdout! }).on('line', (line) => {
    const [rank, pid, number] = line.split(' ').map(Number);
    const [next] = waiting;
    if (!next || rank !== next.rank || number !== next.after) return;
    waiting.shift();
    setTimeout(() => {
      killedAt = performance.now();
      killIfThere(pid!);
    }, next.later);
  });
  const end = await endOf(child);
  return { ...end, killed: kills.length - waiting.length, millisecondsToEnd: performance.now() - killedAt };
};

/** Kills a process, unless its work is done by now. */
const killIfThere = (pid: number): void => {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
};

/** Weights of the last checkpoint of a run, by name, and the update after which it was saved. */
export const lastOf = async (folder: string) => {
  await using file = await openSafetensors(lastIn(folder));
  const all = await file.readAll();
  const { update } = JSON.parse(file.metadata.get('dide.progress')!) as { update: number };
  return { update, weights: new Map([...all].filter(([name]) => !name.startsWith('optimizer.'))) };
};

/** Updates of a run's curves, in their order. */
export const updatesOf = (folder: string): number[] =>
  readFileSync(`${folder}/metrics.jsonl`, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as { step: number }).step);
