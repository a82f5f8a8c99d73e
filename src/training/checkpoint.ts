import { isDeepStrictEqual } from 'node:util';
import type { z } from 'zod';
import { checkShapes, shapesOf } from '../checkpoints/check-shapes.ts';
import { openSafetensors, writeSafetensors } from '../checkpoints/formats/safetensors.ts';
import { withoutBuffers } from '../checkpoints/rename-tensors.ts';
import type { Numbers, Weights } from '../engine/numbers.ts';
import { UserError } from '../errors.ts';

/** State of a training: what a resumed run needs to give the same bits as one that was not stopped. */
export interface Checkpoint<Progress> {
  readonly weights: Weights;
  /** First moments of AdamW (running means of the gradients), by parameter name, in the parameters' shapes. */
  readonly first: Weights;
  /** Second moments of AdamW (running means of the squared gradients), likewise. */
  readonly second: Weights;
  /** Progress of the run (update, best accuracy, identity), as plain JSON. */
  readonly progress: Progress;
}

const firstPrefix = 'optimizer.first.';
const secondPrefix = 'optimizer.second.';
/** Name of the metadata in which a checkpoint keeps its progress. */
export const PROGRESS = 'dide.progress';

/**
 * Saves a checkpoint as one safetensors file, whole or not at all: weights under their own names, AdamW's moments under
 * `optimizer.first.` and `optimizer.second.`, progress as JSON in the metadata, beside any other `metadata`.
 *
 * @throws UserError where the disk is full; the checkpoint before is then untouched.
 */
export const saveCheckpoint = async <Progress>(
  path: string,
  checkpoint: Checkpoint<Progress>,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> => {
  const { weights, first, second, progress } = checkpoint;
  const json = JSON.stringify(progress);
  if (json === undefined || !isDeepStrictEqual(JSON.parse(json), progress)) {
    throw new Error(`saveCheckpoint: this progress is not plain JSON (NaN, undefined, dates are not): ${json}`);
  }
  const all = new Map([...weights, ...prefixed(first, firstPrefix), ...prefixed(second, secondPrefix)]);
  await writeSafetensors(path, all, { ...metadata, [PROGRESS]: json });
};

/**
 * Reads a checkpoint that `saveCheckpoint` wrote; `schema` validates its progress.
 *
 * @throws UserError where the file is not a checkpoint of a run, its progress does not match the schema, or a moment
 * has no parameter of its name and shape.
 */
export const loadCheckpoint = async <Progress>(
  path: string,
  schema: z.ZodType<Progress>,
): Promise<Checkpoint<Progress>> => {
  await using file = await openSafetensors(path);
  const progress = parseProgress(file.metadata.get(PROGRESS), schema, path);
  const all = withoutBuffers(await file.readAll());
  const weights: Weights = new Map([...all].filter(([name]) => !name.startsWith('optimizer.')));
  const first = unprefixed(all, firstPrefix);
  const second = unprefixed(all, secondPrefix);
  checkShapes(shapesOf(first), shapesOf(second), `${path}, ${secondPrefix}*`);
  checkShapes(shapesOf(first), shapesOf(weights), `${path}, ${firstPrefix}*`, { ignore: [/./] });
  return { weights, first, second, progress };
};

const parseProgress = <Progress>(json: string | undefined, schema: z.ZodType<Progress>, path: string): Progress => {
  if (json === undefined) {
    throw new UserError(`${path}: it has weights, but no progress of a run: give the checkpoint of a run to resume it`);
  }
  try {
    return schema.parse(JSON.parse(json));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new UserError(
      `${path}: it is the checkpoint of another kind of run: resume it with the command that began it`,
      { cause: error, list: why.split('\n') },
    );
  }
};

const prefixed = (weights: Weights, prefix: string): [string, Numbers<Float32Array>][] =>
  [...weights].map(([name, numbers]) => [prefix + name, numbers]);

const unprefixed = (all: Weights, prefix: string): Weights =>
  new Map(
    [...all].filter(([name]) => name.startsWith(prefix)).map(([name, numbers]) => [name.slice(prefix.length), numbers]),
  );
