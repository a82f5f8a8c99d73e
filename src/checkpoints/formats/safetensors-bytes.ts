import { countOf, type Numbers } from '../../engine/numbers.ts';
import { counted, UserError } from '../../errors.ts';
import { dtypes, encode, type WrittenDtype } from './dtypes.ts';
import { type Header, LONGEST_HEADER, parseHeader, type TensorInfo } from './safetensors-header.ts';

/** Data types that floats are written as. */
export type FloatDtype = 'F32' | 'F16' | 'BF16';

/** A safetensors file in memory, whose header has been read and checked. */
export interface SafetensorsBytes extends Header {
  readonly path: string;
  /** Reads one tensor; floats become float32, integers int32. @throws UserError for a name that the file does not have. */
  read(name: string): Promise<Numbers>;
}

/**
 * Reads a safetensors file that is in memory.
 *
 * @param path names it in errors.
 * @throws UserError where its header does not describe it exactly, as `openSafetensors`.
 */
export const parseSafetensors = (bytes: Uint8Array, path: string): SafetensorsBytes => {
  checkHolds(bytes.length, path);
  const dataStart = 8 + headerLength(bytes, bytes.length, path);
  const header = parseHeader(bytes.subarray(8, dataStart), bytes.length - dataStart, path);
  return {
    path,
    ...header,
    read: async (name) => {
      const { dtype, shape, begin, end } = tensorOf(header, name, path);
      const { buffer } = bytes.slice(dataStart + begin, dataStart + end);
      return { shape, data: dtypes.get(dtype)!.decode(buffer, `${path}: ${name}`) };
    },
  };
};

/** @throws UserError where a file of so many bytes cannot even say how long its header is. */
export const checkHolds = (size: number, path: string): void => {
  if (size >= 8) return;
  throw new UserError(`${path}: it has ${counted(size, 'byte')}, less than a header's length takes: copy it again`);
};

/** Length of the header by the first 8 bytes of a file of `size` bytes. @throws UserError where it cannot be true. */
export const headerLength = ({ buffer, byteOffset }: Uint8Array, size: number, path: string): number => {
  const length = new DataView(buffer, byteOffset).getBigUint64(0, true);
  const most = Math.min(LONGEST_HEADER, size - 8);
  if (length <= most) return Number(length);
  throw new UserError(`${path}: its header claims ${length} bytes of at most ${most}: it is no safetensors file`);
};

/** Type, shape and place of a tensor. @throws UserError for a name that the file does not have. */
export const tensorOf = ({ tensors }: Header, name: string, path: string): TensorInfo => {
  const info = tensors.get(name);
  if (info) return info;
  throw new UserError(`${path}: it has no ${name}: it holds ${someNames(tensors)}`);
};

/** First names of a file, and the number of the others. */
const someNames = (tensors: ReadonlyMap<string, TensorInfo>): string => {
  const names = [...tensors.keys()];
  return names.slice(0, 5).join(', ') + (names.length > 5 ? ` and ${names.length - 5} more` : '') || 'nothing';
};

/** Content of a file. */
interface Writing {
  /** Data type of floats. Default: their own width. */
  readonly dtype?: FloatDtype | undefined;
  /** Names the file in errors. */
  readonly path: string;
}

/**
 * Weights as the bytes of a safetensors file, part by part: its header, and each tensor when it is asked for. Equal weights
 * give equal bytes.
 *
 * @throws UserError where a number is too large for `dtype`.
 */
export function* safetensorsParts(
  weights: ReadonlyMap<string, Numbers>,
  metadata: Readonly<Record<string, string>>,
  { dtype, path }: Writing,
): Generator<Uint8Array, void, undefined> {
  const tensors = dtypesOf(weights, dtype);
  yield headerBytes(weights, tensors, metadata);
  for (const [name, kind] of tensors) yield encode(weights.get(name)!.data, kind, `${path}: ${name}`);
}

/**
 * Data type of each tensor, in the order of the data: wide numbers first, so that each lies at a multiple of its width.
 */
const dtypesOf = (weights: ReadonlyMap<string, Numbers>, dtype: FloatDtype | undefined): Map<string, WrittenDtype> => {
  const kinds = [...weights].map(([name, { shape, data }]): [string, WrittenDtype] => {
    if (name === '__metadata__' || countOf(shape) !== data.length) {
      throw new Error(`writeSafetensors: ${name} [${shape.join(', ')}] with ${data.length} numbers cannot be written`);
    }
    if (data instanceof Int32Array) return [name, 'I32'];
    return [name, dtype ?? (data instanceof Float64Array ? 'F64' : 'F32')];
  });
  return new Map(kinds.sort(([, a], [, b]) => dtypes.get(b)!.bytes - dtypes.get(a)!.bytes));
};

/** Byte that fills up a header. */
const SPACE = 0x20;

/** Length and JSON of the header, in the order of `weights`, filled up with spaces to a multiple of 8 bytes. */
const headerBytes = (
  weights: ReadonlyMap<string, Numbers>,
  tensors: ReadonlyMap<string, WrittenDtype>,
  metadata: Readonly<Record<string, string>>,
): Uint8Array => {
  const begins = new Map<string, number>();
  let end = 0;
  for (const [name, kind] of tensors) {
    begins.set(name, end);
    end += weights.get(name)!.data.length * dtypes.get(kind)!.bytes;
  }
  const entries = [...weights].map(([name, { shape, data }]) => {
    const dtype = tensors.get(name)!;
    const begin = begins.get(name)!;
    return [name, { dtype, shape, data_offsets: [begin, begin + data.length * dtypes.get(dtype)!.bytes] }];
  });
  const notes = Object.keys(metadata).length > 0 ? { __metadata__: metadata } : {};
  const json = new TextEncoder().encode(JSON.stringify({ ...notes, ...Object.fromEntries(entries) }));
  const header = new Uint8Array(8 + Math.ceil(json.length / 8) * 8).fill(SPACE);
  new DataView(header.buffer).setBigUint64(0, BigInt(header.length - 8), true);
  header.set(json, 8);
  return header;
};
