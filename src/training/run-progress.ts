import { z } from 'zod';
import type { Measurement } from './tensorboard.ts';

/** Progress of a run, as its checkpoint keeps it. */
export const progressSchema = z.strictObject({
  /** Updates done. */
  update: z.number().int().nonnegative(),
  /** Best validation so far, and the update after which it was. */
  best: z.strictObject({ update: z.number(), accuracy: z.number() }).nullable(),
  /** Identity of the run: a resumed run must have the same. */
  options: z.record(z.string(), z.union([z.string(), z.number()])),
  /** Threads that it ran on; absent in a checkpoint of an earlier version. */
  threads: z.number().int().positive().optional(),
  /** In fp16: the factor of the loss, the updates since it was changed, and those that were skipped. */
  lossScale: z.strictObject({ factor: z.number(), good: z.number(), skipped: z.number() }).optional(),
  /** Processes that it ran on, where they were several. */
  processes: z.number().int().positive().optional(),
});
export type Progress = z.infer<typeof progressSchema>;

/** Best validation among curves. */
export const bestOf = (measurements: readonly Measurement[]): Progress['best'] =>
  measurements.reduce<Progress['best']>((best, { step, values: { validation } }) => {
    const isBetter = validation !== undefined && validation > (best?.accuracy ?? Number.NEGATIVE_INFINITY);
    return isBetter ? { update: step, accuracy: validation } : best;
  }, null);
