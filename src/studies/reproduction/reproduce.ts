import { availableParallelism } from 'node:os';
import { isFinished, type Job, type JobProgress, type Result, readResult } from './job.ts';
import { attentionPiece } from './jobs/attention.ts';
import { costPieces } from './jobs/cost.ts';
import { writeAllScenes } from './jobs/scenes.ts';
import { chosenRates, groundwork, mainPieces } from './plan.ts';
import { type Measured, takeOutcomes } from './results.ts';
import { doJob, type RunJobsOptions, runJobs } from './run-jobs.ts';
import type { ReproductionSize } from './size.ts';

/** What a reproduction is told. */
export interface ReproduceOptions {
  /** The mini teacher from which the fusion encoder begins. */
  readonly teacher: string;
  /** Where scenes, runs and pieces go; pieces that are there are not done again. */
  readonly folder: string;
  readonly size: ReproductionSize;
  /** The `outcomes.json` of another folder or machine, whose pieces are not done again. */
  readonly take?: string | undefined;
  /** Which finished pieces are done a second time, with the same seed: those with this in their id. */
  readonly again?: string | undefined;
  /** Pieces that are done at the same time, each on one thread. Default: as many as there are cores. */
  readonly workers?: number | undefined;
  /** No piece is begun after so many minutes. */
  readonly minutes?: number | undefined;
  /** Stops it: no more scenes are written and no piece is begun. What `run` has under way is the caller's to end. */
  readonly signal?: AbortSignal | undefined;
  /** Does a piece; by default in this process. A caller may give each a process of its own. */
  readonly run?: ((id: string, onProgress: (progress: JobProgress) => void) => Promise<void>) | undefined;
  readonly onProgress?: ((part: string, progress: JobProgress) => void) | undefined;
}

/**
 * The paper's studies at mini size: writes the scenes of all tasks, trains every teacher and student that its tables
 * name, and keeps what each measured as a small file. Stopped and called again, it goes on.
 *
 * @throws UserError where the shipped teacher is missing, a piece's file is damaged, what is to be taken over does not fit,
 *   or the disk is full; the signal's reason where it was aborted.
 */
export const reproduce = async (options: ReproduceOptions): Promise<Measured> => {
  const { folder, size, onProgress = () => {}, workers = availableParallelism(), minutes, again, signal } = options;
  const until = minutes === undefined ? undefined : Date.now() + 60_000 * minutes;
  if (options.take !== undefined) await takeOutcomes(options.take, folder, size);
  await writeAllScenes(folder, size, { onProgress, signal });
  const run: RunJobsOptions['run'] = (piece, report) =>
    options.run ? options.run(piece.id, report) : doJob(piece, folder, report);
  const phase = (part: string, pieces: readonly Job[]): Promise<boolean> =>
    runJobs(pieces, {
      ...{ folder, workers, again, until, signal, run },
      onProgress: (progress) => onProgress(part, progress),
    });
  // which students there are is known when the learning rates are
  if (await phase('teachers and learning rates', groundwork(options.teacher, size)))
    await phase('students', (await piecesOf(options)).pieces);
  return measuredIn(options);
};

type Told = Pick<ReproduceOptions, 'teacher' | 'folder' | 'size'>;

/** All pieces, as far as they are known: what comes after the groundwork depends on the learning rates that it found. */
const piecesOf = async ({
  teacher,
  folder,
  size,
}: Told): Promise<{ readonly pieces: readonly Job[]; readonly isKnown: boolean }> => {
  const first = groundwork(teacher, size);
  const rates = chosenRates(size, await outcomesOf(folder, first));
  if (!rates) return { pieces: first, isKnown: false };
  const all = [...first, ...mainPieces(size, rates), attentionPiece(size, rates), ...costPieces()];
  return { pieces: [...new Map(all.map((piece) => [piece.id, piece])).values()], isKnown: true };
};

const outcomesOf = async (folder: string, pieces: readonly Job[]): Promise<Map<string, Result>> => {
  const outcomes = new Map<string, Result>();
  for (const { id } of pieces) if (isFinished(folder, id)) outcomes.set(id, await readResult(folder, id));
  return outcomes;
};

/** What the pieces that are finished have measured. */
export const measuredIn = async (options: Told): Promise<Measured> => {
  const { pieces, isKnown } = await piecesOf(options);
  const outcomes = await outcomesOf(options.folder, pieces);
  return { size: options.size, outcomes, finished: outcomes.size, of: isKnown ? pieces.length : undefined };
};

/**
 * Does one piece of a reproduction in this process: what `run` calls in a process of its own.
 *
 * @throws Error where there is no such piece.
 */
export const reproduceJob = async (
  id: string,
  options: Told,
  onProgress: (progress: JobProgress) => void,
): Promise<void> => {
  const piece = (await piecesOf(options)).pieces.find((one) => one.id === id);
  if (!piece) throw new Error(`reproduce: there is no piece ${id}`);
  await doJob(piece, options.folder, onProgress);
};
