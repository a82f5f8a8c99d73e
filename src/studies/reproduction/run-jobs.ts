import { rm } from 'node:fs/promises';
import { checkpointPath, hasWeights, type Job, type JobProgress, type Place } from './job.ts';
import { isFinished, keepResult, type Result, readResult } from './result-file.ts';

/** Options of `runJobs`. */
export interface RunJobsOptions {
  readonly folder: string;
  /** Number of concurrent jobs, each on one thread. */
  readonly workers: number;
  /** Finished jobs with this text in their id are run a second time, unless they have been. */
  readonly again?: string | undefined;
  /** No job is started after this time, in milliseconds since the epoch. */
  readonly until?: number | undefined;
  /** No job is started once it is aborted. */
  readonly signal?: AbortSignal | undefined;
  /** Runs one job. */
  readonly run: (job: Job, onProgress: (progress: JobProgress) => void) => Promise<void>;
  /** Progress of all jobs together, in units of their costs. */
  readonly onProgress: (progress: JobProgress) => void;
}

/** Runs a job in this process and stores its result, as the second where it has one already. */
export const doJob = async (
  job: Job,
  { folder, encoder }: Place,
  onProgress: (progress: JobProgress) => void,
): Promise<void> => {
  const result = await job.execute({ folder, encoder, threads: 1, onProgress });
  const peakBytes = 1024 * process.resourceUsage().maxRSS;
  const first = isFinished(folder, job.id) ? await readResult(folder, job.id) : undefined;
  const kept = first ? { ...first, again: result.measures } : { id: job.id, ...result, peakBytes };
  await keepResult(folder, kept satisfies Result);
  await rm(checkpointPath(folder, job.id), { force: true });
};

/**
 * Runs all unfinished jobs in order, each once its dependencies are finished.
 *
 * @returns whether all jobs are finished; otherwise the time was up.
 * @throws the error of the first job that failed, or the signal's reason, once all running jobs have ended.
 */
export const runJobs = async (jobs: readonly Job[], options: RunJobsOptions): Promise<boolean> => {
  const { folder, workers, until = Number.POSITIVE_INFINITY, signal, run } = options;
  const pending = pendingOf(jobs, folder, await repeatedOf(jobs, options));
  const report = createReport(jobs, pending, options);
  const running = new Map<Job, Promise<void>>();
  const failures: unknown[] = [];
  const start = (job: Job): void => {
    pending.delete(job);
    const done = run(job, (progress) => report(job, progress))
      .then(() => report(job, { done: 1, of: 1 }))
      .catch((failure: unknown) => void failures.push(failure))
      .finally(() => running.delete(job));
    running.set(job, done);
  };
  const isAvailable = (id: string): boolean =>
    isFinished(folder, id) && ![...running.keys(), ...pending].some((job) => job.id === id);
  const hasRoomFor = ({ isAlone }: Job): boolean =>
    running.size < (isAlone ? 1 : workers) && ![...running.keys()].some((job) => job.isAlone);
  for (;;) {
    const ready = [...pending].find(({ needs }) => needs.every(isAvailable));
    const mayStart = failures.length === 0 && !signal?.aborted && Date.now() < until;
    if (ready && mayStart && hasRoomFor(ready)) start(ready);
    else if (running.size === 0) break;
    else await Promise.race(running.values());
  }
  signal?.throwIfAborted();
  if (failures.length) throw failures[0];
  return pending.size === 0;
};

/** Finished jobs that are to be run a second time. */
const repeatedOf = async (
  jobs: readonly Job[],
  { folder, again }: Pick<RunJobsOptions, 'folder' | 'again'>,
): Promise<Set<Job>> => {
  const repeated = new Set<Job>();
  for (const job of jobs) {
    if (again === undefined || !job.id.includes(again) || !isFinished(folder, job.id)) continue;
    if ((await readResult(folder, job.id)).again === undefined) repeated.add(job);
  }
  return repeated;
};

/** Unfinished jobs, those to be repeated, and the finished jobs on whose missing weights one of them depends. */
const pendingOf = (jobs: readonly Job[], folder: string, repeated: ReadonlySet<Job>): Set<Job> => {
  const byId = new Map(jobs.map((job) => [job.id, job]));
  const pending = new Set<Job>();
  const add = (job: Job): void => {
    pending.add(job);
    for (const need of job.needs) {
      const needed = byId.get(need);
      if (needed && !pending.has(needed) && !hasWeights(folder, need)) add(needed);
    }
  };
  for (const job of jobs) if (repeated.has(job) || !isFinished(folder, job.id)) add(job);
  // in the given order
  return new Set(jobs.filter((job) => pending.has(job)));
};

const createReport = (jobs: readonly Job[], pending: ReadonlySet<Job>, { onProgress }: RunJobsOptions) => {
  const of = Math.round([...pending].reduce((sum, { cost }) => sum + cost, 0));
  const done = new Map<Job, number>();
  const count = jobs.length - pending.size;
  let finished = 0;
  return (job: Job, progress: JobProgress): void => {
    const share = progress.done / progress.of;
    if (share === 1 && progress.note === undefined) finished += 1;
    done.set(job, share * job.cost);
    const note = `${count + finished} of ${jobs.length} jobs · ${job.id}${progress.note ? ` · ${progress.note}` : ''}`;
    onProgress({ done: Math.round([...done.values()].reduce((a, b) => a + b, 0)), of, note });
  };
};
