import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { UserError } from '../../errors.ts';
import { writeAtomically } from '../../files/atomic-write.ts';
import { makeFolder } from '../../files/disk-errors.ts';

/** Settings of a training, its learning curves and its duration. */
const trainingSchema = z.strictObject({
  updates: z.number(),
  learningRate: z.number(),
  parameters: z.number(),
  /** Duration of the training without evaluation. */
  seconds: z.number(),
  curves: z.array(
    z.strictObject({
      step: z.number(),
      losses: z.record(z.string(), z.number()),
      validation: z.number().optional(),
    }),
  ),
});
export type TrainingResult = z.infer<typeof trainingSchema>;

/** Measures by split, each between 0 and 1; durations in milliseconds; attention by model, in nats. */
const measuresSchema = z.record(z.string(), z.record(z.string(), z.number()));

/** Stored result of a finished job. A job with a stored result is not run again. */
export const resultSchema = z.strictObject({
  /** Relative path of the result and of the job's files, too. */
  id: z.string().regex(/^(?!.*\.\.)[\w./+-]+$/),
  measures: measuresSchema,
  /** Measures of the second training, where the job was run again (its weights were missing, or `--again`). */
  again: measuresSchema.optional(),
  training: trainingSchema.optional(),
  /** Peak resident memory of the job's process. */
  peakBytes: z.number().optional(),
});
export type Result = z.infer<typeof resultSchema>;

/** Path of the result of a job. */
export const resultPath = (folder: string, id: string): string => join(folder, 'pieces', `${id}.json`);

/** Whether a job has a stored result. */
export const isFinished = (folder: string, id: string): boolean => existsSync(resultPath(folder, id));

/**
 * Reads the stored result of a job.
 *
 * @throws UserError where the file is damaged.
 */
export const readResult = async (folder: string, id: string): Promise<Result> => {
  const path = resultPath(folder, id);
  try {
    return resultSchema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (cause) {
    throw new UserError(`${path}: it is not the result of a job: remove it, and the job is run again`, { cause });
  }
};

/** Stores the result of a job atomically, its numbers rounded to six significant digits. */
export const keepResult = async (folder: string, result: Result): Promise<void> => {
  const path = resultPath(folder, result.id);
  await makeFolder(dirname(path));
  const text = `${JSON.stringify(rounded(result), null, 1)}\n`;
  await writeAtomically(path, (append) => append(Buffer.from(text)));
};

const rounded = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (_, one) => (typeof one === 'number' ? Number(one.toPrecision(6)) : one)));
