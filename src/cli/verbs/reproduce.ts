import { fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { UserError } from '../../index.ts';
import { type Budget, budgetsIn, hoursOf } from '../../studies/reproduction/budgets.ts';
import type { JobProgress } from '../../studies/reproduction/job.ts';
import { writeReproduction } from '../../studies/reproduction/page/write.ts';
import { type PartName, type PlannedJob, partNames } from '../../studies/reproduction/planned-job.ts';
import { chosenJobs, type ReproduceOptions, reproduce, reproduceJob } from '../../studies/reproduction/reproduce.ts';
import { isFinished } from '../../studies/reproduction/result-file.ts';
import type { Measured } from '../../studies/reproduction/results.ts';
import { noticeOf, reproductionSizes } from '../../studies/reproduction/size.ts';
import { existingFile } from '../../studies/shipped/files.ts';
import { amount, count, given, jsonOption } from '../options/options.ts';
import { checkOutputFolder } from '../options/output.ts';
import { listenForInterrupt, sayStopped } from '../terminal/interrupt.ts';
import { printableLine } from '../terminal/printable.ts';
import { openParts } from '../terminal/progress.ts';
import { durationOf, grouped, groupedCount, print, tableOf } from '../terminal/table.ts';

interface Options {
  readonly out: string;
  readonly report?: string | undefined;
  readonly encoder?: string | undefined;
  readonly quick?: boolean | undefined;
  readonly tiny?: boolean | undefined;
  readonly workers?: number | undefined;
  readonly hours?: number | undefined;
  readonly only?: readonly PartName[] | undefined;
  readonly plan?: boolean | undefined;
  readonly take?: string | undefined;
  readonly again?: string | undefined;
  readonly job?: string | undefined;
  readonly json?: boolean | undefined;
}

const examples = `
Examples:
  $ dide reproduce --plan
  $ dide reproduce --quick
  $ dide reproduce
  $ dide reproduce --only scale --workers 1
  $ dide reproduce --hours 2
  $ dide reproduce --take docs/reproduction/outcomes.json
  $ dide reproduce --again stage-1

What it does: writes generated scenes for five tasks, measures the teacher of each, which comes with the package, and
trains every student that one of the paper's claims compares, with three to five seeds; writes tables, plots and a
verdict on each claim. The work is split into jobs, one training or one measurement each; --plan lists what they cost,
and what matters most comes first: the study of scale, then the students, one seed after the other. At full size it
needs about 25 GB of disk. The result of a finished job is stored as a small file in the --out folder and the job is
not run again: so it may be stopped at any time, and the same command continues. The results alone, outcomes.json of
the report, are enough to continue on another machine (--take); weights that a job needs and that are missing are
trained again first. With --again, jobs of that name are run a second time from the same seed: the difference is
neither method nor seed, but rounding.`;

/** `dide reproduce`: the paper's tables at mini size. */
export const reproduceCommand = (): Command =>
  new Command('reproduce')
    .description("Reproduces the paper's tables at mini size, on generated scenes.")
    .option('--out <folder>', 'where scenes, runs and results go', 'runs/reproduction')
    .option('--report <folder>', 'where tables and plots go (default: report in the --out folder)')
    .option('--encoder <file>', 'pre-trained mini encoder to begin from (default: the one that comes with the package)')
    .option('--quick', 'one seed and few updates: about half an hour, and no claim can be judged')
    .option('--tiny', 'for trying out: about ten minutes on two cores, and nothing is learnt')
    .option('--plan', 'print what the jobs cost, and run none')
    .addOption(
      new Option('--only <parts>', `parts to run, with a comma between: ${partNames.join(', ')}`).argParser(partsIn),
    )
    .addOption(count('--workers <n>', 'concurrent jobs, each on one core (default: the number of cores)'))
    .addOption(amount('--hours <n>', 'start no job after so many'))
    .option('--take <file>', 'the outcomes.json of another machine: its finished jobs are not run again')
    .option('--again <text>', 'run finished jobs with this in their name a second time: both numbers are shown')
    .addOption(new Option('--job <id>', 'run one job and nothing else').hideHelp())
    .addOption(jsonOption())
    .addHelpText('after', examples)
    .action(run);

/** @throws InvalidArgumentError where a part is none. */
const partsIn = (text: string): PartName[] =>
  text.split(',').map((name) => {
    const part = partNames.find((one) => one === name.trim());
    if (part) return part;
    throw new InvalidArgumentError(`Give some of: ${partNames.join(', ')}.`);
  });

const run = async (options: Options): Promise<void> => {
  for (const folder of [options.out, options.report]) if (folder !== undefined) checkOutputFolder(folder);
  const encoder = existingFile('pretrained-mini', options.encoder);
  const name = options.tiny ? 'tiny' : options.quick ? 'quick' : 'full';
  const folder = name === 'full' ? options.out : join(options.out, name);
  const place: Place = { encoder, folder, size: reproductionSizes[name] };
  if (options.job !== undefined) return await runJob(options.job, place);
  if (options.plan) {
    showPlan(place, options);
    return;
  }
  const began = performance.now();
  const report = options.report ?? join(folder, 'report');
  const done = await untilInterrupted((onProgress, signal) =>
    reproduce({
      ...place,
      run: inProcess({ ...options, encoder }, signal),
      onProgress,
      onPlan: (jobs) => void process.stderr.write(`${estimateOf(jobs, options)}\n`),
      signal,
      ...given({
        ...{ workers: options.workers, hours: options.hours, only: options.only },
        ...{ take: options.take, again: options.again },
      }),
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

type Place = Pick<ReproduceOptions, 'encoder' | 'folder' | 'size'>;

/** Prints what the chosen jobs cost. */
const showPlan = (place: Place, options: Options): void => {
  const jobs = chosenJobs({ ...place, ...given({ only: options.only }) });
  const budgets = budgetsIn(jobs, place.folder);
  const unfinished = jobs.filter(({ id }) => !isFinished(place.folder, id));
  print(
    [planText(budgets), '', estimateOf(unfinished, options)].join('\n'),
    { budgets, hours: hoursOf(jobs) },
    options,
  );
};

const planText = (budgets: readonly Budget[]): string =>
  tableOf([
    ['part', 'updates each', 'jobs', 'finished', 'hours on one core'],
    ...budgets.map(({ part, updates, jobs, finished, hours }) => [
      ...[part, updates === 0 ? '-' : grouped(updates), String(jobs), String(finished), hours.toFixed(1)],
    ]),
  ]);

/** Time that jobs need, as one sentence. */
const estimateOf = (jobs: readonly PlannedJob[], { workers }: Options): string => {
  const [hours, cores] = [hoursOf(jobs), workers ?? availableParallelism()];
  return `${groupedCount(jobs.length, 'job')} to run: about ${hours.toFixed(1)} hours on one core, ${(hours / cores).toFixed(1)} with ${groupedCount(cores, 'job')} at a time.`;
};

/** Runs a job for the process that started this one, and ends with it, however that ends. */
const runJob = async (job: string, place: Place): Promise<void> => {
  const endAlone = (): never => process.exit(1);
  process.on('disconnect', endAlone);
  try {
    await reproduceJob(job, place, (progress) => void process.send?.(progress));
  } finally {
    // a job that failed would not end while it could still be told something
    process.off('disconnect', endAlone);
    process.disconnect?.();
  }
};

/** Runs it until Ctrl-C, which ends the running jobs, too; undefined where it was stopped. */
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
    sayStopped('Stopped. Finished jobs are kept; the same command continues.');
    return undefined;
  }
};

/**
 * Runs each job by the same command in a process of its own, whose memory can be measured and which the signal ends.
 */
const inProcess =
  ({ out, encoder, quick, tiny }: Options & { readonly encoder: string }, signal: AbortSignal) =>
  (job: string, onProgress: (progress: JobProgress) => void): Promise<void> =>
    new Promise((resolve, reject) => {
      const size = tiny ? ['--tiny'] : quick ? ['--quick'] : [];
      const args = ['reproduce', '--out', out, '--encoder', encoder, ...size, '--job', job];
      const child = fork(process.argv[1]!, args, { stdio: ['ignore', 'ignore', 'pipe', 'ipc'], signal });
      let errors = '';
      child.stderr!.on('data', (chunk: Buffer) => {
        errors = (errors + chunk.toString()).slice(-4000);
      });
      child.on('message', (progress) => onProgress(progress as JobProgress));
      // one that the signal ends has an error at once, and is not gone until its exit
      child.on('error', (error) => {
        if (child.pid === undefined) reject(error);
      });
      child.on('exit', (code, ending) => {
        if (code === 0) resolve();
        else
          reject(
            new UserError(`${job}: it ended with ${ending ?? `exit code ${code}`}:`, {
              list: errors.trim().split('\n'),
            }),
          );
      });
    });

const textOf = ({ results, planned, size }: Measured, report: string, milliseconds: number): string => {
  const [took, page] = [durationOf(milliseconds), printableLine(join(report, 'index.html'))];
  const done =
    results.length === planned
      ? `${planned === 1 ? 'The only job is' : `All ${planned} jobs are`} done (${took}). Open ${page}`
      : `${results.length} of ${groupedCount(planned, 'job')} are done (${took}). ${page} shows them; the same command continues.`;
  return [noticeOf(size) ?? [], done].flat().join('\n');
};
