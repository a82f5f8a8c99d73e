import { countOf, type Numbers } from '../engine/numbers.ts';
import { UserError } from '../errors.ts';
import { fitsInMemory } from '../files/read-exactly.ts';
import type { Shapes } from './check-shapes.ts';
import type { WeightsFile } from './formats/weights-file.ts';
import { fromHuggingFace, partOf } from './rename-tensors.ts';

/** Alignment of a tensor in the common array, in float32 numbers: 64 bytes. */
const ALIGNED = 16;

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
    end += Math.ceil(countOf(shape) / ALIGNED) * ALIGNED;
  }
  if (!fitsInMemory(4 * end)) return () => undefined;
  const all = new Float32Array(end);
  return (name) => {
    const { begin, count } = views.get(name)!;
    return all.subarray(begin, begin + count);
  };
};

/**
 * Reads one tensor of ours from the tensors of the file that it is made of: itself, or query, key and value.
 *
 * @param into array for its numbers, where there is one.
 * @throws UserError where they do not make one tensor of floats.
 */
export const readTensor = async (
  file: WeightsFile,
  from: readonly string[],
  into: Float32Array | undefined,
): Promise<Numbers<Float32Array>> => {
  const parts = new Map<string, Numbers>();
  const rows = (into?.length ?? 0) / from.length;
  for (const name of from) {
    const begin = Math.max(0, partOf(name)) * rows;
    parts.set(name, await file.read(name, from.length === 1 ? into : into?.subarray(begin, begin + rows)));
  }
  const [only, ...more] = fromHuggingFace(parts, 'classifier').values();
  if (only && more.length === 0) return only;
  throw new UserError(`${file.path}: ${from.join(', ')} do not make one tensor: the file is damaged, copy it again`);
};
