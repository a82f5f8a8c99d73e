import { z } from 'zod';
import { countOf } from '../../engine/numbers.ts';
import { UserError } from '../../errors.ts';
import { dtypes } from './dtypes.ts';

/** Where one tensor of a safetensors file lies: `begin` and `end` are bytes counted from the end of the header. */
export interface TensorInfo {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

/** What the header of a safetensors file says, in the order in which it says it. */
export interface Header {
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  readonly metadata: ReadonlyMap<string, string>;
}

/**
 * So that no file can make a reader fill its memory; the format allows 100 MB. A tensor takes about a hundred bytes, and
 * as JSON each of them can become thirty. Bytes.
 */
export const LONGEST_HEADER = 2 ** 24;

const size = z.int().nonnegative();
const entrySchema = z.object({ dtype: z.string(), shape: z.array(size), data_offsets: z.tuple([size, size]) });
const metadataSchema = z.record(z.string(), z.string());

/**
 * Reads and checks a header (the JSON alone, without its length) against the `dataBytes` that follow it in the file.
 *
 * Every byte of the data belongs to exactly one tensor, and every tensor has as many as its shape needs. Throws a
 * UserError that names the file, the tensor and the numbers.
 */
export const parseHeader = (json: Uint8Array, dataBytes: number, path: string): Header => {
  const { __metadata__: metadata, ...entries } = parseObject(json, path);
  const tensors = new Map(Object.entries(entries).map(([name, entry]) => [name, parseEntry(entry, name, path)]));
  refuseGaps(tensors, dataBytes, path);
  return { tensors, metadata: new Map(Object.entries(parseMetadata(metadata, path))) };
};

const broken = (path: string, what: string): UserError =>
  new UserError(`${path}: ${what}: the file is damaged or not safetensors, copy it again`);

const parseObject = (json: Uint8Array, path: string): Record<string, unknown> => {
  try {
    return z.looseObject({}).parse(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(json)));
  } catch (error) {
    throw new UserError(broken(path, 'its header is not a JSON object').message, { cause: error });
  }
};

const parseMetadata = (metadata: unknown, path: string): Record<string, string> => {
  const parsed = metadataSchema.safeParse(metadata ?? {});
  if (!parsed.success) throw broken(path, '__metadata__ is not a record of strings');
  return parsed.data;
};

const parseEntry = (entry: unknown, name: string, path: string): TensorInfo => {
  const parsed = entrySchema.safeParse(entry);
  if (!parsed.success) throw broken(path, `${name} has no dtype, shape and data_offsets that can be read`);
  const { dtype, shape, data_offsets: offsets } = parsed.data;
  const kind = dtypes.get(dtype);
  if (!kind) {
    const known = [...dtypes.keys()].join(', ');
    throw new UserError(`${path}: ${name} holds ${dtype} numbers: only ${known} can be read, so convert it first`);
  }
  const [begin, end] = offsets;
  const needed = countOf(shape) * kind.bytes;
  if (end - begin !== needed) {
    throw broken(path, `${name} is ${dtype} [${shape.join(', ')}] and needs ${needed} bytes, but has ${end - begin}`);
  }
  return { dtype, shape, begin, end };
};

const refuseGaps = (tensors: ReadonlyMap<string, TensorInfo>, dataBytes: number, path: string): void => {
  let reached = 0;
  for (const [name, { begin, end }] of [...tensors].sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end)) {
    if (begin < reached)
      throw broken(path, `${name} starts at byte ${begin}, inside the tensor before (to ${reached})`);
    if (begin > reached) throw broken(path, `bytes ${reached} to ${begin}, before ${name}, belong to no tensor`);
    if (end > dataBytes) throw broken(path, `${name} ends at byte ${end}, but the data has only ${dataBytes}`);
    reached = end;
  }
  if (reached !== dataBytes) throw broken(path, `the last ${dataBytes - reached} bytes belong to no tensor`);
};
