import { z } from 'zod';
import { countOf } from '../../engine/numbers.ts';
import { UserError } from '../../errors.ts';
import { dtypes } from './dtypes.ts';

/** Type, shape and place of one tensor: `begin` and `end` are bytes counted from the end of the header. */
export interface TensorInfo {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

/** Contents of a safetensors header, in its order. */
export interface Header {
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  readonly metadata: ReadonlyMap<string, string>;
}

/**
 * Longest header in bytes, so that no file can fill a reader's memory: a tensor takes about a hundred, and each byte of
 * JSON can become thirty in memory. The format allows 100 MB.
 */
export const LONGEST_HEADER = 2 ** 24;

const size = z.int().nonnegative();
const entrySchema = z.object({ dtype: z.string(), shape: z.array(size), data_offsets: z.tuple([size, size]) });
const metadataSchema = z.record(z.string(), z.string());

/**
 * Parses a header (the JSON alone, without its length) and checks it against the data: every byte must belong to
 * exactly one tensor, and every tensor have as many as its shape needs.
 *
 * @param dataBytes number of bytes that follow the header in the file.
 * @throws UserError that names the file, the tensor and the numbers.
 */
export const parseHeader = (json: Uint8Array, dataBytes: number, path: string): Header => {
  const { __metadata__: metadata, ...entries } = parseObject(json, path);
  const tensors = new Map(Object.entries(entries).map(([name, entry]) => [name, parseEntry(entry, name, path)]));
  checkGaps(tensors, dataBytes, path);
  return { tensors, metadata: new Map(Object.entries(parseMetadata(metadata, path))) };
};

const damaged = (path: string, problem: string): UserError =>
  new UserError(`${path}: ${problem}: the file is damaged or not safetensors, copy it again`);

const parseObject = (json: Uint8Array, path: string): Record<string, unknown> => {
  try {
    return z.looseObject({}).parse(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(json)));
  } catch (error) {
    throw new UserError(damaged(path, 'its header is not a JSON object').message, { cause: error });
  }
};

const parseMetadata = (metadata: unknown, path: string): Record<string, string> => {
  const parsed = metadataSchema.safeParse(metadata ?? {});
  if (!parsed.success) throw damaged(path, '__metadata__ is not a record of strings');
  return parsed.data;
};

const parseEntry = (entry: unknown, name: string, path: string): TensorInfo => {
  const parsed = entrySchema.safeParse(entry);
  if (!parsed.success) throw damaged(path, `${name} has no dtype, shape and data_offsets that can be read`);
  const { dtype, shape, data_offsets: offsets } = parsed.data;
  const kind = dtypes.get(dtype);
  if (!kind) {
    const known = [...dtypes.keys()].join(', ');
    throw new UserError(`${path}: ${name} holds ${dtype} numbers: only ${known} can be read, so convert it first`);
  }
  const [begin, end] = offsets;
  const needed = countOf(shape) * kind.bytes;
  if (end - begin !== needed) {
    throw damaged(path, `${name} is ${dtype} [${shape.join(', ')}] and needs ${needed} bytes, but has ${end - begin}`);
  }
  return { dtype, shape, begin, end };
};

const checkGaps = (tensors: ReadonlyMap<string, TensorInfo>, dataBytes: number, path: string): void => {
  let reached = 0;
  for (const [name, { begin, end }] of [...tensors].sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end)) {
    if (begin < reached)
      throw damaged(path, `${name} starts at byte ${begin}, inside the tensor before (to ${reached})`);
    if (begin > reached) throw damaged(path, `bytes ${reached} to ${begin}, before ${name}, belong to no tensor`);
    if (end > dataBytes) throw damaged(path, `${name} ends at byte ${end}, but the data has only ${dataBytes}`);
    reached = end;
  }
  if (reached !== dataBytes) throw damaged(path, `the last ${dataBytes - reached} bytes belong to no tensor`);
};
