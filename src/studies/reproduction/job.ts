import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { bestIn, lastIn } from '../../training.ts';
import type { Result } from './result-file.ts';

/** Progress of a job, in its own steps. */
export interface JobProgress {
  readonly done: number;
  readonly of: number;
  readonly note?: string | undefined;
}

/** Files of a reproduction. */
export interface Place {
  /** Folder of the scenes, runs and results; jobs with a result are not run again. */
  readonly folder: string;
  /** Path of the pre-trained fusion encoder from which all models begin. */
  readonly encoder: string;
}

/** Environment of a job. */
export interface Context extends Place {
  readonly threads: number;
  readonly onProgress: (progress: JobProgress) => void;
}

/** Unit in which a reproduction is done, stopped and resumed. */
export interface Job {
  readonly id: string;
  /** Ids of the jobs whose weights or results it depends on. */
  readonly needs: readonly string[];
  /** Expected duration in seconds on one core; the remaining time is estimated from it. */
  readonly cost: number;
  /** Whether nothing else may run meanwhile, because it measures time. */
  readonly isAlone?: boolean | undefined;
  readonly execute: (context: Context) => Promise<Pick<Result, 'measures' | 'training'>>;
}

/** Folder of the training run of a job. */
export const runFolder = (folder: string, id: string): string => join(folder, 'runs', id);

/** Path of the weights that a finished job leaves for others. */
export const weightsPath = (folder: string, id: string): string => bestIn(runFolder(folder, id));

/** Path of the checkpoint from which a stopped training is resumed. */
export const checkpointPath = (folder: string, id: string): string => lastIn(runFolder(folder, id));

/** Whether a job's weights exist and are not those of an unfinished training. */
export const hasWeights = (folder: string, id: string): boolean =>
  existsSync(weightsPath(folder, id)) && !existsSync(checkpointPath(folder, id));
