import { createHash } from 'node:crypto';
import { availableParallelism } from 'node:os';
import type { Model } from '../checkpoints/model-file.ts';
import { compile } from '../engine/runtime/compile.ts';
import { type Predictor, predictorOn } from './predictor.ts';

/** Options of `openPredictor`. */
export interface PredictorOptions {
  /** Threads to compute with. Default: the processors that this process may use. */
  readonly threads?: number | undefined;
}

/** Makes a model ready to run. Its weights are read where they lie and must not change until it is closed. */
export const openPredictor = async (
  model: Model,
  { threads = availableParallelism() }: PredictorOptions = {},
): Promise<Predictor> => predictorOn(model, { compile, createHash: () => createHash('sha256'), threads });
