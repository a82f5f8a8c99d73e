import { countOf, type Numbers, type Weights } from '../engine/numbers.ts';
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

/**
 * Checks that all weights are numbers.
 *
 * @param nameOf name of a tensor in the file, by ours.
 * @throws UserError that names the first tensor with NaN or an infinity, and counts them all.
 */
export const checkFinite = (
  weights: Weights,
  path: string,
  nameOf: (name: string) => string = (name) => name,
): void => {
  const counts = [...weights].map(([name, { data }]) => ({ name, data, count: notFinite(data) }));
  const damaged = counts.filter(({ count }) => count > 0);
  const [first] = damaged;
  if (!first) return;
  const at = first.data.findIndex((value) => !Number.isFinite(value));
  const others = damaged.length === 1 ? '' : `, and ${damaged.length - 1} more of its tensors have some`;
  throw new UserError(
    `${path}: ${first.count} of the ${first.data.length} numbers of ${nameOf(first.name)} are NaN or infinite, the first (${first.data[at]}) at ${at}${others}: with them every answer is NaN. Give a checkpoint from before its training broke down.`,
  );
};

const notFinite = (data: Float32Array): number => {
  let count = 0;
  for (let i = 0; i < data.length; i += 1) if (!Number.isFinite(data[i]!)) count += 1;
  return count;
};
