import { countOf, type Numbers } from '../engine/numbers.ts';
import { UserError } from '../errors.ts';
import { fitsInMemory } from '../files/read-exactly.ts';
import type { Shapes } from './check-shapes.ts';
import type { WeightsFile } from './formats/weights-file.ts';
import { concatRows, floatsOf, qkvIndex, sameNumbers } from './rename-tensors.ts';

/** Alignment of a tensor in the common array, in float32 numbers: 64 bytes. */
const ALIGNMENT = 16;

/**
 * Allocates room for all tensors of a model in one array, where there can be one so long. Many arrays of some megabytes
 * would have the garbage collector look through everything after each few of them.
 *
 * @returns the view of each tensor by name; undefined where there is no common array.
 */
export const allocateTensors = (shapes: Shapes): ((name: string) => Float32Array | undefined) => {
  const views = new Map<string, { readonly begin: number; readonly count: number }>();
  let end = 0;
  for (const [name, shape] of shapes) {
    views.set(name, { begin: end, count: countOf(shape) });
    end += Math.ceil(countOf(shape) / ALIGNMENT) * ALIGNMENT;
  }
  if (!fitsInMemory(4 * end)) return () => undefined;
  const all = new Float32Array(end);
  return (name) => {
    const { begin, count } = views.get(name)!;
    return all.subarray(begin, begin + count);
  };
};

/**
 * Reads one tensor of ours from its sources in a file (`TensorPlan`): itself, perhaps under two names, or query, key
 * and value.
 *
 * @param into array for its numbers, where there is one.
 * @throws UserError where a source is not of floats, two sources differ, or query, key and value have different shapes.
 */
export const readTensor = async (
  file: WeightsFile,
  sources: readonly string[],
  into: Float32Array | undefined,
): Promise<Numbers<Float32Array>> => {
  const read = async (name: string, view?: Float32Array): Promise<Numbers<Float32Array>> =>
    floatsOf(name, await file.read(name, view));
  const [name, ...others] = sources as readonly [string, ...string[]];
  if (qkvIndex(name) < 0) {
    const tensor = await read(name, into);
    for (const other of others) {
      if (sameNumbers(tensor, await read(other))) continue;
      throw new UserError(
        `${file.path}: ${name} and ${other} are one tensor of the model, and they differ: remove one`,
      );
    }
    return tensor;
  }
  const rows = (into?.length ?? 0) / sources.length;
  const parts: Numbers<Float32Array>[] = [];
  for (const [i, part] of sources.entries()) parts.push(await read(part, into?.subarray(i * rows, (i + 1) * rows)));
  return concatRows(parts, sources.join(', '));
};
