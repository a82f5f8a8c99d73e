import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { makeFolder } from '../../files/disk-errors.ts';
import { takeLock } from '../../files/lock.ts';
import type { Job, JobProgress } from './job.ts';
import { writeAllScenes } from './jobs/scenes.ts';
import { chosenRates } from './learning-rates.ts';
import { takeOutcomes } from './outcomes-file.ts';
import { groundwork, planOf } from './plan.ts';
import type { PlannedJob } from './planned-job.ts';
import { isFinished, readResult } from './result-file.ts';
import type { Measured, RunResult } from './results.ts';
import { doJob, type RunJobsOptions, runJobs } from './run-jobs.ts';
import type { ReproductionSize } from './size.ts';

/** Options of `reproduce`. */
export interface ReproduceOptions {
  /** Path of the mini teacher from which the fusion encoder is initialised. */
  readonly teacher: string;
  /** Folder of the scenes, runs and results; jobs with a result are not run again. */
  readonly folder: string;
  readonly size: ReproductionSize;
  /** Path of the `outcomes.json` of another folder or machine, whose results are taken over. */
  readonly take?: string | undefined;
  /** Finished jobs with this text in their id are run a second time, with the same seed. */
  readonly again?: string | undefined;
  /** Number of concurrent jobs, each on one thread. Default: the number of cores. */
  readonly workers?: number | undefined;
  /** No job is started after this many minutes. */
  readonly minutes?: number | undefined;
  /**
   * Stops it: no more scenes are written and no job is started. Jobs that `run` has started are the caller's to end.
   */
  readonly signal?: AbortSignal | undefined;
  /** Runs a job. Default: in this process. A caller may start a process for each. */
  readonly run?: ((id: string, onProgress: (progress: JobProgress) => void) => Promise<void>) | undefined;
  readonly onProgress?: ((part: string, progress: JobProgress) => void) | undefined;
}

/**
 * Reproduces the paper's studies at mini size: writes the scenes of all tasks, trains every teacher and student of the
 * tables, and stores the result of each job as a small file. Called again after it was stopped, it continues.
 *
 * @throws UserError where the shipped teacher is missing, the file of a result is damaged, the results to take over do
 *   not fit, another process writes the folder, or the disk is full; the signal's reason where it was aborted.
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
  const { folder, size, onProgress = () => {}, workers = availableParallelism(), minutes, again, signal } = options;
  const until = minutes === undefined ? undefined : Date.now() + 60_000 * minutes;
  if (options.take !== undefined) await takeOutcomes(options.take, folder, size);
  await writeAllScenes(folder, size, { onProgress, signal });
  const run: RunJobsOptions['run'] = (job, report) =>
    options.run ? options.run(job.id, report) : doJob(job, folder, report);
  const phase = (part: string, jobs: readonly Job[]): Promise<boolean> =>
    runJobs(jobs, {
      ...{ folder, workers, again, until, signal, run },
      onProgress: (progress) => onProgress(part, progress),
    });
  // the students are known once the learning rates are
  if (await phase('teachers and learning rates', groundwork(options.teacher, size)))
    await phase('students', (await readPlan(options)).jobs);
  return readResults(options);
};

type Place = Pick<ReproduceOptions, 'teacher' | 'folder' | 'size'>;

/** The jobs, as far as they are known: those after the groundwork depend on the learning rates that it selects. */
const readPlan = async ({ teacher, folder, size }: Place) => {
  const rates = chosenRates(size, await resultsOf(folder, groundwork(teacher, size)));
  return { jobs: planOf(teacher, size, rates), rates };
};

const resultsOf = async (folder: string, jobs: readonly PlannedJob[]): Promise<RunResult[]> => {
  const results: RunResult[] = [];
  for (const { id, run } of jobs) if (isFinished(folder, id)) results.push({ ...(await readResult(folder, id)), run });
  return results;
};

/** Reads the results of all finished jobs. */
export const readResults = async (place: Place): Promise<Measured> => {
  const { jobs, rates } = await readPlan(place);
  const results = await resultsOf(place.folder, jobs);
  return { size: place.size, results, rates, planned: rates && jobs.length };
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
  const job = (await readPlan(place)).jobs.find((one) => one.id === id);
  if (!job) throw new Error(`reproduce: there is no job ${id}`);
  await doJob(job, place.folder, onProgress);
};
