import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { UserError } from '../../errors.ts';
import { makeFolder } from '../../files/disk-errors.ts';
import { takeLock } from '../../files/lock.ts';
import type { Place as Files, JobProgress } from './job.ts';
import { writeViews } from './jobs/scenes.ts';
import { takeOutcomes } from './outcomes-file.ts';
import { planOf, withNeeds } from './plan.ts';
import { type PartName, type PlannedJob, partNames } from './planned-job.ts';
import { isFinished, type Result, readResult, resultPath } from './result-file.ts';
import type { Measured, RunResult } from './results.ts';
import { doJob, runJobs } from './run-jobs.ts';
import type { ReproductionSize } from './size.ts';

/** Files and size of a reproduction. */
interface Place extends Files {
  readonly size: ReproductionSize;
}

/** Options of `reproduce`. */
export interface ReproduceOptions extends Place {
  /** Parts of which the jobs are run, with those on which they depend. Default: all. */
  readonly only?: readonly PartName[] | undefined;
  /** Path of the `outcomes.json` of another folder or machine, whose results are taken over. */
  readonly take?: string | undefined;
  /** Finished jobs with this text in their id are run a second time, with the same seed. */
  readonly again?: string | undefined;
  /** Number of concurrent jobs, each on one thread. Default: the number of cores. */
  readonly workers?: number | undefined;
  /** No job is started after this many hours. */
  readonly hours?: number | undefined;
  /**
   * Stops it: no more scenes are written and no job is started. Jobs that `run` has started are the caller's to end.
   */
  readonly signal?: AbortSignal | undefined;
  /** Runs a job. Default: in this process. A caller may start a process for each. */
  readonly run?: ((id: string, onProgress: (progress: JobProgress) => void) => Promise<void>) | undefined;
  readonly onProgress?: ((part: string, progress: JobProgress) => void) | undefined;
  /** Receives the jobs that have no result yet, before any of them begins. */
  readonly onPlan?: ((jobs: readonly PlannedJob[]) => void) | undefined;
}

/**
 * Reproduces the paper's studies at mini size: writes the scenes of all tasks, measures the teachers that come
 * with the package, trains every student of the tables, and stores the result of each job as a small file. Called again after it was stopped, it continues.
 *
 * @throws UserError where the encoder is missing, the file of a result is damaged, the results to take over do not fit,
 *   another process writes the folder, or the disk is full; the signal's reason where it was aborted.
 */
export const reproduce = async (options: ReproduceOptions): Promise<Measured> => {
  await makeFolder(options.folder);
  const unlock = await takeLock(join(options.folder, 'reproduce.lock'), options.folder);
  try {
    return await runAll(options);
  } finally {
    await unlock();
  }
};

const runAll = async (options: ReproduceOptions): Promise<Measured> => {
  const { folder, size, onProgress = () => {}, workers = availableParallelism(), hours, again, signal } = options;
  const until = hours === undefined ? undefined : Date.now() + 3_600_000 * hours;
  if (options.take !== undefined) await takeOutcomes(options.take, folder, size);
  const jobs = chosenJobs(options);
  const unfinished = withNeeds(jobs, ({ id }) => again !== undefined || !isFinished(folder, id));
  await readResults(options);
  options.onPlan?.(jobs.filter(({ id }) => !isFinished(folder, id)));
  await writeViews(folder, size, { views: new Set(unfinished.map(({ view }) => view)), onProgress, signal });
  await runJobs(jobs, {
    ...{ folder, workers, again, until, signal },
    run: (job, report) => (options.run ? options.run(job.id, report) : doJob(job, options, report)),
    onProgress: (progress) => onProgress('jobs', progress),
  });
  return readResults(options);
};

/** The jobs that are to be run, in the order of the plan. */
export const chosenJobs = ({ size, only = partNames }: Pick<ReproduceOptions, 'size' | 'only'>): PlannedJob[] =>
  withNeeds(planOf(size), ({ part }) => only.includes(part));

/**
 * Reads the results of all finished jobs.
 *
 * @throws UserError where one is damaged, or of a training with another budget.
 */
export const readResults = async ({ folder, size }: Omit<Place, 'encoder'>): Promise<Measured> => {
  const plan = planOf(size);
  const results: RunResult[] = [];
  for (const { id, run, updates } of plan) {
    if (!isFinished(folder, id)) continue;
    const result = await readResult(folder, id);
    refuseOtherBudget(result, updates, folder);
    results.push({ ...result, run });
  }
  return { size, results, planned: plan.length };
};

/** @throws UserError where a result is of a training with another budget than the plan has now. */
const refuseOtherBudget = ({ id, training }: Result, updates: number, folder: string): void => {
  if (training === undefined || training.updates === updates) return;
  throw new UserError(
    `${resultPath(folder, id)}: it is of ${training.updates} updates, and the plan has ${updates} now: remove it and the results of what began from it, or give another --out`,
  );
};

/**
 * Runs one job of a reproduction in this process: what `run` calls in a process of its own.
 *
 * @throws Error where there is no such job.
 */
export const reproduceJob = async (
  id: string,
  place: Place,
  onProgress: (progress: JobProgress) => void,
): Promise<void> => {
  const job = planOf(place.size).find((one) => one.id === id);
  if (!job) throw new Error(`reproduce: there is no job ${id}`);
  await doJob(job, place, onProgress);
};
