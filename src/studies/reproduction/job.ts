import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { writeAtomically } from '../../data.ts';
import { UserError } from '../../errors.ts';
import { bestIn, lastIn } from '../../training.ts';

/** How a model was trained, and what that cost. */
const trainingSchema = z.strictObject({
  updates: z.number(),
  learningRate: z.number(),
  parameters: z.number(),
  /** Of the training alone, evaluation not included. */
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

/** By split, each between 0 and 1; of times, in milliseconds; of attention, by model, in nats. */
const measuresSchema = z.record(z.string(), z.record(z.string(), z.number()));

/** What a finished piece measured. It is kept as a small file, and never redone. */
export const outcomeSchema = z.strictObject({
  /** It is a path, too, below the folder of pieces. */
  id: z.string().regex(/^(?!.*\.\.)[\w./+-]+$/),
  measures: measuresSchema,
  /** What the same training measured when it was done once more: its weights were gone, or it was asked for. */
  again: measuresSchema.optional(),
  training: trainingSchema.optional(),
  /** Most memory that the process held, where it had one of its own. */
  peakBytes: z.number().optional(),
});
export type Result = z.infer<typeof outcomeSchema>;

/** How far a piece is. */
export interface JobProgress {
  readonly done: number;
  readonly of: number;
  readonly note?: string | undefined;
}

/** Where the pieces of a reproduction are done. */
export interface Context {
  readonly folder: string;
  readonly threads: number;
  readonly onProgress: (progress: JobProgress) => void;
}

/** One training with its evaluation, or one thing timed: the unit in which a reproduction is done, stopped and resumed. */
export interface Job {
  readonly id: string;
  /** The pieces whose weights or results it begins from. */
  readonly needs: readonly string[];
  /** Updates, for the time left. */
  readonly cost: number;
  /** Whether it is timed, so that nothing else may run meanwhile. */
  readonly isAlone?: boolean | undefined;
  readonly run: (context: Context) => Promise<Pick<Result, 'measures' | 'training'>>;
}

/** The folder in which a piece trains. */
export const runOf = (folder: string, id: string): string => join(folder, 'runs', id);

/** The weights that a finished piece leaves for others. */
export const weightsOf = (folder: string, id: string): string => bestIn(runOf(folder, id));

/** From where a training goes on that was stopped. */
export const checkpointOf = (folder: string, id: string): string => lastIn(runOf(folder, id));

/** Whether a piece's weights are there, and are not those of a training that is still under way. */
export const hasWeights = (folder: string, id: string): boolean =>
  existsSync(weightsOf(folder, id)) && !existsSync(checkpointOf(folder, id));

const outcomePath = (folder: string, id: string): string => join(folder, 'pieces', `${id}.json`);

export const isFinished = (folder: string, id: string): boolean => existsSync(outcomePath(folder, id));

/** @throws UserError where a piece's file is damaged. */
export const readResult = async (folder: string, id: string): Promise<Result> => {
  const path = outcomePath(folder, id);
  try {
    return outcomeSchema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (cause) {
    throw new UserError(`${path}: it is not the outcome of a piece: remove it, and the piece is done again`, { cause });
  }
};

/** Whole or not at all. */
export const keepResult = async (folder: string, outcome: Result): Promise<void> => {
  const path = outcomePath(folder, outcome.id);
  await mkdir(dirname(path), { recursive: true });
  const text = `${JSON.stringify(rounded(outcome), null, 1)}\n`;
  await writeAtomically(path, (append) => append(Buffer.from(text)));
};

/** Six digits are more than any of these numbers means. */
const rounded = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (_, one) => (typeof one === 'number' ? Number(one.toPrecision(6)) : one)));
