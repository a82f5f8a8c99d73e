import { countOf } from '../../../engine.ts';
import type { Model, TrainStep } from '../../../index.ts';
import type { RunOptions } from '../../../training.ts';
import { curvesOf } from '../../measures/training-curve.ts';
import { type Context, runOf, type TrainingResult } from '../job.ts';

/** How everybody is trained, teacher or student, whatever it learns from; only the learning rate is searched. */
export const training = {
  warmup: 0.1,
  clip: 1,
  dropoutRate: 0,
  order: 'torch',
  decay: 'correct',
} as const satisfies Partial<RunOptions>;

/** A training of a reproduction, whoever learns and from whom. */
export interface Lesson {
  /** Of its piece. */
  readonly id: string;
  readonly learningRate: number;
  readonly seed: number;
  readonly batch: number;
  readonly updates: number;
}

/** Points of a kept curve. */
const POINTS = 20;
/** Validations of a run. */
const VALIDATIONS = 10;

/** The options of a piece's run: its folder, from which it goes on where it was stopped. */
export const runOptions = (id: string, updates: number, { folder, threads }: Context) => ({
  ...training,
  updates,
  threads,
  folder: runOf(folder, id),
  resume: true,
  validateEvery: Math.ceil(updates / VALIDATIONS),
});

/** Trains to the end, and says what it cost. */
export const trainedTo = async (
  id: string,
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
  const curves = curvesOf(runOf(folder, id), POINTS);
  return {
    updates: updates || (curves.at(-1)?.step ?? 0),
    // of a run that was stopped in between, this process saw only the rest
    seconds: done === 0 ? 0 : (milliseconds / done / 1000) * updates,
    parameters: [...model.weights.values()].reduce((sum, { shape }) => sum + countOf(shape), 0),
    curves,
  };
};
