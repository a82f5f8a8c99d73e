import { rm } from 'node:fs/promises';
import {
  checkpointOf,
  hasWeights,
  isFinished,
  type Job,
  type JobProgress,
  keepResult,
  type Result,
  readResult,
} from './job.ts';

export interface RunJobsOptions {
  readonly folder: string;
  /** Pieces that are done at the same time, each on one thread. */
  readonly workers: number;
  /** Which finished pieces are done a second time, unless they have been: those with this in their id. */
  readonly again?: string | undefined;
  /** No piece is begun after it. */
  readonly until?: number | undefined;
  /** Nothing is begun once it is aborted. */
  readonly signal?: AbortSignal | undefined;
  /** Does one piece. By default here; a caller may give each a process of its own. */
  readonly run: (piece: Job, onProgress: (progress: JobProgress) => void) => Promise<void>;
  /** Updates of all pieces together. */
  readonly onProgress: (progress: JobProgress) => void;
}

/** Does a piece in this process, and keeps its outcome beside the one that it may have. */
export const doJob = async (piece: Job, folder: string, onProgress: (progress: JobProgress) => void): Promise<void> => {
  const outcome = await piece.run({ folder, threads: 1, onProgress });
  const peakBytes = 1024 * process.resourceUsage().maxRSS;
  const first = isFinished(folder, piece.id) ? await readResult(folder, piece.id) : undefined;
  const kept = first ? { ...first, again: outcome.measures } : { id: piece.id, ...outcome, peakBytes };
  await keepResult(folder, kept satisfies Result);
  // what could go on from is of no more use
  await rm(checkpointOf(folder, piece.id), { force: true });
};

/**
 * Does all pieces that are not finished, those first that stand first, as soon as what they need is there.
 *
 * @returns whether all are finished; otherwise the time was up.
 * @throws what the first failing piece threw, or why the signal was aborted, once the others under way have ended.
 */
export const runJobs = async (pieces: readonly Job[], options: RunJobsOptions): Promise<boolean> => {
  const { folder, workers, until = Number.POSITIVE_INFINITY, signal, run } = options;
  const pending = pendingOf(pieces, folder, await repeatedOf(pieces, options));
  const report = createReport(pieces, pending, options);
  const underWay = new Map<Job, Promise<void>>();
  const failures: unknown[] = [];
  const begin = (piece: Job): void => {
    pending.delete(piece);
    const done = run(piece, (progress) => report(piece, progress))
      .then(() => report(piece, { done: 1, of: 1 }))
      .catch((failure: unknown) => void failures.push(failure))
      .finally(() => underWay.delete(piece));
    underWay.set(piece, done);
  };
  const isThere = (id: string): boolean =>
    isFinished(folder, id) && ![...underWay.keys(), ...pending].some((piece) => piece.id === id);
  const hasRoomFor = ({ isAlone }: Job): boolean =>
    underWay.size < (isAlone ? 1 : workers) && ![...underWay.keys()].some((piece) => piece.isAlone);
  for (;;) {
    const ready = [...pending].find(({ needs }) => needs.every(isThere));
    const mayBegin = failures.length === 0 && !signal?.aborted && Date.now() < until;
    if (ready && mayBegin && hasRoomFor(ready)) begin(ready);
    else if (underWay.size === 0) break;
    else await Promise.race(underWay.values());
  }
  signal?.throwIfAborted();
  if (failures.length) throw failures[0];
  return pending.size === 0;
};

/** The finished that are to be done a second time. */
const repeatedOf = async (
  pieces: readonly Job[],
  { folder, again }: Pick<RunJobsOptions, 'folder' | 'again'>,
): Promise<Set<Job>> => {
  const repeated = new Set<Job>();
  for (const piece of pieces) {
    if (again === undefined || !piece.id.includes(again) || !isFinished(folder, piece.id)) continue;
    if ((await readResult(folder, piece.id)).again === undefined) repeated.add(piece);
  }
  return repeated;
};

/** The unfinished, those to be repeated, and the finished whose weights one of these needs and that are gone. */
const pendingOf = (pieces: readonly Job[], folder: string, repeated: ReadonlySet<Job>): Set<Job> => {
  const byId = new Map(pieces.map((piece) => [piece.id, piece]));
  const pending = new Set<Job>();
  const add = (piece: Job): void => {
    pending.add(piece);
    for (const need of piece.needs) {
      const needed = byId.get(need);
      if (needed && !pending.has(needed) && !hasWeights(folder, need)) add(needed);
    }
  };
  for (const piece of pieces) if (repeated.has(piece) || !isFinished(folder, piece.id)) add(piece);
  // in the order in which they were given
  return new Set(pieces.filter((piece) => pending.has(piece)));
};

const createReport = (pieces: readonly Job[], pending: ReadonlySet<Job>, { onProgress }: RunJobsOptions) => {
  const of = [...pending].reduce((sum, { cost }) => sum + cost, 0);
  const done = new Map<Job, number>();
  const count = pieces.length - pending.size;
  let finished = 0;
  return (piece: Job, progress: JobProgress): void => {
    const share = progress.done / progress.of;
    if (share === 1 && progress.note === undefined) finished += 1;
    done.set(piece, share * piece.cost);
    const note = `${count + finished} of ${pieces.length} pieces · ${piece.id}${progress.note ? ` · ${progress.note}` : ''}`;
    onProgress({ done: Math.round([...done.values()].reduce((a, b) => a + b, 0)), of, note });
  };
};
