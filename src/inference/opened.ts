import type { Model } from '../checkpoints/model-file.ts';
import { openPredictor, type PredictorOptions } from './open-predictor.ts';
import type { Predictor } from './predictor.ts';

/** A model, or one that is open already: calls that run a model take either. */
export type Runnable = Model | Predictor;

/**
 * Runs a function with an open predictor: the one that is given, which stays open, or one of the model's, which is
 * closed afterwards.
 */
export const withPredictor = async <T>(
  runnable: Runnable,
  options: PredictorOptions,
  run: (predictor: Predictor) => Promise<T>,
): Promise<T> => {
  if (!('weights' in runnable)) return await run(runnable);
  await using predictor = await openPredictor(runnable, { threads: options.threads });
  return await run(predictor);
};
