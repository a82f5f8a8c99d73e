import { loadModel, type Model } from '../../index.ts';
import { type Job, weightsPath } from './job.ts';
import { idOf, type Run } from './run.ts';

/** A job of the reproduction with the run that it does. */
export interface PlannedJob extends Job {
  readonly run: Run;
}

interface JobOptions extends Omit<Job, 'id' | 'needs'> {
  /** Runs whose weights or results it depends on. */
  readonly needs: readonly Run[];
}

/** The job that does a run. */
export const jobOf = (run: Run, { needs, ...job }: JobOptions): PlannedJob => ({
  run,
  id: idOf(run),
  needs: needs.map(idOf),
  ...job,
});

/** Loads the best weights of a finished run. */
export const loadRun = (folder: string, run: Run): Promise<Model> => loadModel(weightsPath(folder, idOf(run)));
