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

/** Cost of starting a process and loading models and data, in updates of a student. */
const START_COST = 20;

/** The job that does a run; its cost is given in updates of a student, without the start. */
export const jobOf = (run: Run, { needs, cost, ...job }: JobOptions): PlannedJob => ({
  run,
  id: idOf(run),
  needs: needs.map(idOf),
  cost: START_COST + cost,
  ...job,
});

/** Loads the best weights of a finished run. */
export const loadRun = (folder: string, run: Run): Promise<Model> => loadModel(weightsPath(folder, idOf(run)));
