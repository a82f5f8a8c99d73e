import { loadModel, type Model } from '../../index.ts';
import type { View } from '../scenes/views.ts';
import { type Job, weightsPath } from './job.ts';
import { idOf, type Run } from './run.ts';

/** Parts of a reproduction that can be run by themselves, with what they depend on; in the order of the report. */
export const partNames = ['scale', 'stage-1', 'vqa', 'nlvr2', 've', 'retrieval', 'rates', 'cost'] as const;
export type PartName = (typeof partNames)[number];

/** A job of the reproduction with the run that it does. */
export interface PlannedJob extends Job {
  readonly run: Run;
  readonly part: PartName;
  /** Scenes that it reads. */
  readonly view: View;
  /** Updates of its training; 0 of a measurement. */
  readonly updates: number;
}

interface JobOptions extends Omit<PlannedJob, 'id' | 'needs' | 'run' | 'updates' | 'cost'> {
  /** Runs whose weights or results it depends on. */
  readonly needs: readonly Run[];
  /** Updates of its training, and milliseconds that each takes on one core. */
  readonly training?: { readonly updates: number; readonly milliseconds: number } | undefined;
}

/** Seconds for starting a process, loading models and data, and evaluating. */
const OVERHEAD = 25;

/** The job that does a run. */
export const jobOf = (run: Run, { needs, training, ...job }: JobOptions): PlannedJob => ({
  run,
  id: idOf(run),
  needs: needs.map(idOf),
  cost: OVERHEAD + (training ? (training.updates * training.milliseconds) / 1000 : 0),
  updates: training?.updates ?? 0,
  ...job,
});

/** Loads the best weights of a finished run. */
export const loadRun = (folder: string, run: Run): Promise<Model> => loadModel(weightsPath(folder, idOf(run)));
