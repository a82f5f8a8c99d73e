import { fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import { UserError } from '../../index.ts';
import type { JobProgress } from '../../studies/reproduction/job.ts';
import { writeReproduction } from '../../studies/reproduction/page/write.ts';
import { type ReproduceOptions, reproduce, reproduceJob } from '../../studies/reproduction/reproduce.ts';
import type { Measured } from '../../studies/reproduction/results.ts';
import { reproductionSizes } from '../../studies/reproduction/size.ts';
import { SHIPPED_TEACHER } from '../../studies/teacher/mini-teacher.ts';
import { amount, count, given, jsonOption } from '../options/options.ts';
import { checkOutputFolder } from '../options/output.ts';
import { listenForInterrupt, sayStopped } from '../terminal/interrupt.ts';
import { openParts } from '../terminal/progress.ts';
import { durationOf, print } from '../terminal/table.ts';

interface Options {
  readonly out: string;
  readonly report?: string | undefined;
  readonly teacher?: string | undefined;
  readonly quick?: boolean | undefined;
  readonly tiny?: boolean | undefined;
  readonly workers?: number | undefined;
  readonly minutes?: number | undefined;
  readonly take?: string | undefined;
  readonly again?: string | undefined;
  readonly piece?: string | undefined;
  readonly json?: boolean | undefined;
}

const examples = `
Examples:
  $ dide reproduce --quick
  $ dide reproduce
  $ dide reproduce --minutes 60
  $ dide reproduce --take docs/reproduction/outcomes.json
  $ dide reproduce --again stage-1

What it does: writes generated scenes for five tasks, trains a teacher for each and every student that the tables of the
paper name, with three seeds, and writes tables, plots and a verdict on each of the paper's claims. Every finished
training is kept as a small file below the --out folder and never done again, so it may be stopped at any time; the same
command goes on. Its numbers alone, outcomes.json of the report, are enough to go on from on another machine (--take);
weights that a piece begins from and that are not there are trained again first. With --again the pieces of that name are
trained a second time from the same seed: what then differs is neither method nor seed, but rounding.`;

/** `dide reproduce`: the paper's tables, in miniature. */
export const reproduceCommand = (): Command =>
  new Command('reproduce')
    .description("Reproduces the paper's tables at mini size, on generated scenes.")
    .option('--out <folder>', 'where scenes, runs and pieces go', 'runs/reproduction')
    .option('--report <folder>', 'where tables and plots go (default: report in the --out folder)')
    .option('--teacher <file>', 'the mini teacher to begin from (default: the one that comes with the package)')
    .option('--quick', 'one seed and a few updates: at most twenty minutes, and nothing can be told from it')
    .option('--tiny', 'for trying out: a minute, and nothing is learnt')
    .addOption(count('--workers <n>', 'pieces at the same time, each on one core (default: the number of cores)'))
    .addOption(amount('--minutes <n>', 'begin nothing new after so many'))
    .option('--take <file>', 'the outcomes.json of another machine: its finished pieces are not done again')
    .option('--again <text>', 'do finished pieces with this in their name a second time: both numbers are shown')
    .addOption(new Option('--piece <id>', 'do one piece and nothing else').hideHelp())
    .addOption(jsonOption())
    .addHelpText('after', examples)
    .action(run);

const run = async (options: Options): Promise<void> => {
  checkOutputFolder(options.out);
  const { teacher = SHIPPED_TEACHER } = options;
  if (!existsSync(teacher))
    throw new UserError(`${teacher}: no such file: train one with: dide teacher --out ${teacher}`);
  const name = options.tiny ? 'tiny' : options.quick ? 'quick' : 'full';
  const folder = name === 'full' ? options.out : join(options.out, name);
  const told = { teacher, folder, size: reproductionSizes[name] };
  if (options.piece !== undefined) {
    await reproduceJob(options.piece, told, (progress) => void process.send?.(progress));
    process.disconnect?.();
    return;
  }
  const began = performance.now();
  const report = options.report ?? join(folder, 'report');
  const done = await untilInterrupted((onProgress, signal) =>
    reproduce({
      ...told,
      run: inProcess({ ...options, teacher }, signal),
      onProgress,
      signal,
      ...given({ workers: options.workers, minutes: options.minutes, take: options.take, again: options.again }),
    }),
  );
  if (!done) return;
  await writeReproduction(report, done, folder);
  print(
    textOf(done, report, performance.now() - began),
    { report, finished: done.results.length, of: done.planned },
    options,
  );
};

/** Nothing where Ctrl-C stopped it: that ends the pieces under way, too, and what is finished is kept. */
const untilInterrupted = async (
  work: (onProgress: NonNullable<ReproduceOptions['onProgress']>, signal: AbortSignal) => Promise<Measured>,
): Promise<Measured | undefined> => {
  using bars = openParts();
  using interrupt = listenForInterrupt();
  try {
    return await work((part, progress) => bars.update(part, progress), interrupt.signal);
  } catch (error) {
    if (!interrupt.signal.aborted) throw error;
    bars[Symbol.dispose]();
    sayStopped('Stopped. Finished pieces are kept; the same command goes on.');
    return undefined;
  }
};

/** The same command for one piece, in a process whose memory is its own and which the signal ends. */
const inProcess =
  ({ out, teacher, quick, tiny }: Options & { readonly teacher: string }, signal: AbortSignal) =>
  (piece: string, onProgress: (progress: JobProgress) => void): Promise<void> =>
    new Promise((resolve, reject) => {
      const size = tiny ? ['--tiny'] : quick ? ['--quick'] : [];
      const told = ['reproduce', '--out', out, '--teacher', teacher, ...size, '--piece', piece];
      const child = fork(process.argv[1]!, told, { stdio: ['ignore', 'ignore', 'pipe', 'ipc'], signal });
      let said = '';
      child.stderr!.on('data', (chunk: Buffer) => {
        said = (said + chunk.toString()).slice(-4000);
      });
      child.on('message', (progress) => onProgress(progress as JobProgress));
      child.on('error', reject);
      child.on('exit', (code, ending) => {
        if (code === 0) resolve();
        else reject(new UserError(`${piece}: it ended with ${ending ?? `exit code ${code}`}: ${said.trim()}`));
      });
    });

const textOf = ({ results, planned }: Measured, report: string, milliseconds: number): string => {
  const [took, page] = [durationOf(milliseconds), join(report, 'index.html')];
  if (results.length === planned) return `All ${planned} jobs are done (${took}). Open ${page}`;
  return `${results.length} of ${planned ?? 'some more'} jobs are done (${took}). ${page} shows them; the same command goes on.`;
};
