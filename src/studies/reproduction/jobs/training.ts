import { countOf } from '../../../engine.ts';
import type { Model, TrainStep } from '../../../index.ts';
import type { RunOptions } from '../../../training.ts';
import { trainingCurve } from '../../measures/training-curve.ts';
import { type Context, runFolder } from '../job.ts';
import type { TrainingResult } from '../result-file.ts';
import { idOf, type Run } from '../run.ts';

/** Options that all trainings share, of teachers and students alike; only the learning rate is searched for. */
export const training = {
  warmup: 0.1,
  clip: 1,
  dropoutRate: 0,
  order: 'torch',
  decay: 'correct',
} as const satisfies Partial<RunOptions>;

/** Options in which trainings differ. */
export interface Schedule {
  readonly learningRate: number;
  readonly seed: number;
  readonly batch: number;
  readonly updates: number;
}

/** Points of a stored learning curve. */
const POINTS = 40;
/** Validations of a training, and the most updates between two. */
const VALIDATIONS = { fewest: 10, apart: 1000 };

/** Options of a run's training; it is resumed from its folder where it was stopped. */
export const trainingOptions = (run: Run, { updates, ...schedule }: Schedule, { folder, threads }: Context) => ({
  ...training,
  ...schedule,
  updates,
  threads,
  folder: runFolder(folder, idOf(run)),
  resume: true,
  validateEvery: Math.min(VALIDATIONS.apart, Math.ceil(updates / VALIDATIONS.fewest)),
});

/** Trains to the end, and returns the size, duration and learning curve of the training. */
export const trainToEnd = async (
  run: Run,
  model: Model,
  steps: AsyncIterable<TrainStep>,
  { folder, onProgress }: Context,
): Promise<Omit<TrainingResult, 'learningRate'>> => {
  let [milliseconds, done, updates] = [0, 0, 0];
  for await (const step of steps) {
    milliseconds += step.milliseconds;
    done += 1;
    updates = step.of;
    onProgress({ done: step.number, of: step.of, note: `loss ${step.losses.total!.toFixed(3)}` });
  }
  const curves = trainingCurve(runFolder(folder, idOf(run)), POINTS);
  return {
    updates: updates || (curves.at(-1)?.step ?? 0),
    // this process saw only the rest of a training that it resumed
    seconds: done === 0 ? 0 : (milliseconds / done / 1000) * updates,
    parameters: [...model.weights.values()].reduce((sum, { shape }) => sum + countOf(shape), 0),
    curves,
  };
};
