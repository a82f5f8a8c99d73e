import { isDeepStrictEqual } from 'node:util';
import type { z } from 'zod';
import { checkShapes, shapesOf } from '../checkpoints/check-shapes.ts';
import { openSafetensors, writeSafetensors } from '../checkpoints/formats/safetensors.ts';
import { withoutBuffers } from '../checkpoints/rename-tensors.ts';
import type { Numbers, Weights } from '../engine/numbers.ts';
import { UserError } from '../errors.ts';

/** Everything that a stopped training needs to go on as if it had not stopped. */
export interface Checkpoint<Progress> {
  readonly weights: Weights;
  /** AdamW's running mean of the gradient, by parameter name, each of its parameter's shape. */
  readonly first: Weights;
  /** AdamW's running mean of the squared gradient, likewise. */
  readonly second: Weights;
  /** Where the run is: whatever its stage keeps (step, epoch, seeds, best score), as plain JSON. */
  readonly progress: Progress;
}

const firstPrefix = 'optimizer.first.';
const secondPrefix = 'optimizer.second.';
const progressKey = 'dide.progress';

/**
 * Saves a run as one safetensors file, whole or not at all: weights under their own names, AdamW's two moments under
 * `optimizer.first.` and `optimizer.second.`, progress as JSON in the metadata, beside any other `metadata`. Throws a UserError when the disk is
 * full; the checkpoint before is untouched then.
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
  await writeSafetensors(path, all, { ...metadata, [progressKey]: json });
};

/**
 * Reads what `saveCheckpoint` wrote. `schema` says what progress looks like. Throws a UserError when the file is no
 * checkpoint of a run, when progress is not as the schema says, or when a moment lacks its parameter or its shape.
 */
export const loadCheckpoint = async <Progress>(
  path: string,
  schema: z.ZodType<Progress>,
): Promise<Checkpoint<Progress>> => {
  await using file = await openSafetensors(path);
  const progress = parseProgress(file.metadata.get(progressKey), schema, path);
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
    throw new UserError(`${path}: it has weights, but no progress of a run: to resume, give a run's checkpoint`);
  }
  try {
    return schema.parse(JSON.parse(json));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new UserError(`${path}: its progress is of another kind of run: resume with the same command\n${why}`, {
      cause: error,
    });
  }
};

const prefixed = (weights: Weights, prefix: string): [string, Numbers<Float32Array>][] =>
  [...weights].map(([name, numbers]) => [prefix + name, numbers]);

const unprefixed = (all: Weights, prefix: string): Weights =>
  new Map(
    [...all].filter(([name]) => name.startsWith(prefix)).map(([name, numbers]) => [name.slice(prefix.length), numbers]),
  );
