/**
 * Times a training in one process and in two, and computes from it what many would do:
 *
 *   DIDE_MPI=<folder of Open MPI> npx tsx scripts/scale-model.ts                 5 rounds of one, two and one of two threads
 *   npx tsx scripts/scale-model.ts --step 3000 --bytes 829e6 --batch 32          another model, without measuring
 *
 * The runs of a round follow each other, so that a busy machine slows all alike, and ratios are the medians over rounds.
 *
 * What many would do is the step of one process and, after it, the sum of the gradients, which begins when all are there:
 * 2 (n - 1) / n times their bytes over the bandwidth, and 2 log2(n) times the latency (Rabenseifner 2004).
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    updates: { type: 'string', default: '24' },
    batch: { type: 'string', default: '32' },
    step: { type: 'string' },
    bytes: { type: 'string' },
  },
});

/** Output of a child. */
interface Timed {
  readonly step: number;
  readonly examples: number;
  readonly bytes: number;
  readonly sum: number;
}

const mpi = process.env.DIDE_MPI;
const environment = { ...process.env, OMPI_ALLOW_RUN_AS_ROOT: '1', OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: '1' };
const medianOf = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]!;

const run = (command: readonly string[]): string => {
  const { status, stdout, stderr } = spawnSync(command[0]!, command.slice(1), { env: environment, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command.join(' ')}: it ended with ${status}: ${stderr}`);
  return stdout;
};

/** A training in some processes of some threads each, over the same number of examples a step. */
const timed = (data: string, processes: number, threads: number): Timed => {
  const batch = String(Number(values.batch) / processes);
  const child = ['--import', 'tsx', 'scripts/scale-child.ts', data, String(threads), batch, values.updates];
  const command = [process.execPath, ...child];
  const started =
    processes === 1 ? command : [join(mpi!, 'bin', 'mpirun'), '--bind-to', 'none', '-n', String(processes), ...command];
  return JSON.parse(run(started)) as Timed;
};

/** Step, bytes and the time of a sum, measured. */
const measure = (): { readonly step: number; readonly bytes: number } => {
  if (mpi === undefined) throw new Error('DIDE_MPI: give the folder of Open MPI, or --step and --bytes');
  const home = mkdtempSync(join(tmpdir(), 'dide-scale-'));
  try {
    const data = join(home, 'scenes');
    run([process.execPath, '--import', 'tsx', 'src/cli/main.ts', 'scenes', data, '--tiny']);
    const rounds = Array.from({ length: Number(values.rounds) }, () => ({
      one: timed(data, 1, 1),
      two: timed(data, 2, 1),
      threads: timed(data, 1, 2),
    }));
    const ratio = (of: (round: (typeof rounds)[number]) => number): string => medianOf(rounds.map(of)).toFixed(2);
    const { one, two } = rounds[0]!;
    console.log(
      `${values.rounds} rounds, ${one.examples} examples a step, ${(one.bytes / 1e6).toFixed(2)} MB of gradients`,
    );
    console.log(`one process of one thread: ${medianOf(rounds.map((round) => round.one.step)).toFixed(0)} ms a step`);
    console.log(`two of one thread: ${ratio((round) => round.one.step / round.two.step)} times as fast`);
    console.log(`one of two threads: ${ratio((round) => round.one.step / round.threads.step)} times as fast`);
    console.log(`two of one thread beside one of two: ${ratio((round) => round.threads.step / round.two.step)}`);
    const sum = medianOf(rounds.map((round) => round.two.sum));
    console.log(`sum of the gradients over two: ${sum.toFixed(2)} ms, ${(two.bytes / sum / 1e6).toFixed(2)} GB/s\n`);
    return { step: medianOf(rounds.map((round) => round.one.step)), bytes: one.bytes };
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
};

/** Networks: bytes a second of one process, and seconds of a message. */
const networks = {
  '10 Gbit/s Ethernet': { bandwidth: 1.25e9, latency: 30e-6 },
  '100 Gbit/s': { bandwidth: 12.5e9, latency: 2e-6 },
} as const;

const { step, bytes } =
  values.step === undefined ? measure() : { step: Number(values.step), bytes: Number(values.bytes) };
console.log(
  `a step of ${step.toFixed(0)} ms, ${(bytes / 1e6).toFixed(2)} MB of gradients, ${values.batch} examples each`,
);
console.log('| network | processes | sum of the gradients | efficiency | examples a second |');
console.log('| --- | --- | --- | --- | --- |');
for (const [name, { bandwidth, latency }] of Object.entries(networks)) {
  for (const n of [8, 64, 512]) {
    const sum = 1000 * (((2 * (n - 1)) / n) * (bytes / bandwidth) + 2 * Math.log2(n) * latency);
    const efficiency = step / (step + sum);
    const rate = (n * Number(values.batch) * 1000) / (step + sum);
    const cells = [name, n, `${sum.toFixed(1)} ms`, `${(100 * efficiency).toFixed(1)} %`, rate.toFixed(0)];
    console.log(`| ${cells.join(' | ')} |`);
  }
}
