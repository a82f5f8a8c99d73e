import type { FileHandle } from 'node:fs/promises';
import { bytesOf, countOf, type Numbers } from '../../engine/numbers.ts';
import { counted, UserError } from '../../errors.ts';
import { writeAtomically } from '../../files/atomic-write.ts';
import { openForReading, readBytes, readInto } from '../../files/read-exactly.ts';
import { dtypes, encode, type WrittenDtype } from './dtypes.ts';
import { type Header, LONGEST_HEADER, parseHeader, type TensorInfo } from './safetensors-header.ts';

/** An open safetensors file. Its header has been read and checked; numbers are read on request. */
export interface SafetensorsFile extends Header, AsyncDisposable {
  readonly path: string;
  /**
   * Reads one tensor; floats become float32, integers int32.
   *
   * @param into array for its numbers, used where the file has them as float32.
   * @throws UserError for a name that the file does not have.
   */
  read(name: string, into?: Float32Array): Promise<Numbers>;
  /** Reads every tensor, in the order of the header. */
  readAll(): Promise<Map<string, Numbers>>;
  close(): Promise<void>;
}

/**
 * Opens a safetensors file. The caller closes it, or declares it with `await using`.
 *
 * @throws UserError where there is no such file, or its header does not describe it exactly: a length that the file
 * does not have, tensors that overlap, bytes that belong to no tensor.
 */
export const openSafetensors = async (path: string): Promise<SafetensorsFile> => {
  const handle = await openForReading(path);
  try {
    const { header, dataStart } = await readHeader(handle, path);
    return fileOf(handle, path, header, dataStart);
  } catch (error) {
    await handle.close();
    throw error;
  }
};

const fileOf = (handle: FileHandle, path: string, header: Header, dataStart: number): SafetensorsFile => {
  const read = async (name: string, into?: Float32Array): Promise<Numbers> => {
    const info = header.tensors.get(name);
    if (!info) throw new UserError(`${path}: it has no ${name}: it holds ${someNames(header.tensors)}`);
    if (into && info.dtype === 'F32' && into.byteLength === info.end - info.begin) {
      await readInto(handle, bytesOf(into), { begin: dataStart + info.begin, path });
      return { shape: info.shape, data: into };
    }
    const bytes = await readBytes(handle, { offset: dataStart + info.begin, length: info.end - info.begin }, path);
    return { shape: info.shape, data: dtypes.get(info.dtype)!.decode(bytes.buffer, `${path}: ${name}`) };
  };
  const readAll = async (): Promise<Map<string, Numbers>> => {
    const all = new Map<string, Numbers>();
    for (const name of header.tensors.keys()) all.set(name, await read(name));
    return all;
  };
  const close = (): Promise<void> => handle.close();
  return { path, ...header, read, readAll, close, [Symbol.asyncDispose]: close };
};

/** First names of a file, and the number of the others. */
const someNames = (tensors: ReadonlyMap<string, TensorInfo>): string => {
  const names = [...tensors.keys()];
  return names.slice(0, 5).join(', ') + (names.length > 5 ? ` and ${names.length - 5} more` : '') || 'nothing';
};

const readHeader = async (handle: FileHandle, path: string): Promise<{ header: Header; dataStart: number }> => {
  const { size } = await handle.stat();
  if (size < 8)
    throw new UserError(`${path}: it has ${counted(size, 'byte')}, less than a header's length takes: copy it again`);
  const length = new DataView((await readBytes(handle, { offset: 0, length: 8 }, path)).buffer).getBigUint64(0, true);
  if (length > LONGEST_HEADER || length > size - 8) {
    const most = Math.min(LONGEST_HEADER, size - 8);
    throw new UserError(`${path}: its header claims ${length} bytes of at most ${most}: it is no safetensors file`);
  }
  const dataStart = 8 + Number(length);
  const json = await readBytes(handle, { offset: 8, length: dataStart - 8 }, path);
  return { header: parseHeader(json, size - dataStart, path), dataStart };
};

/**
 * Writes weights as a safetensors file. A file that stood there is replaced only when the new one is complete. Equal
 * weights give equal bytes.
 *
 * @param options.dtype Data type of floats. Default: their own width. Integers are always I32.
 * @throws UserError where it cannot be written, such as on a full disk, or where a number is too large for `dtype`.
 */
export const writeSafetensors = async (
  path: string,
  weights: ReadonlyMap<string, Numbers>,
  metadata: Readonly<Record<string, string>> = {},
  { dtype }: { dtype?: 'F32' | 'F16' | 'BF16' | undefined } = {},
): Promise<void> => {
  const tensors = dtypesOf(weights, dtype);
  await writeAtomically(path, async (append) => {
    await append(headerBytes(weights, tensors, metadata));
    for (const [name, kind] of tensors) await append(encode(weights.get(name)!.data, kind, `${path}: ${name}`));
  });
};

/**
 * Data type of each tensor, in the order of the data: wide numbers first, so that each lies at a multiple of its width.
 */
const dtypesOf = (
  weights: ReadonlyMap<string, Numbers>,
  dtype: 'F32' | 'F16' | 'BF16' | undefined,
): Map<string, WrittenDtype> => {
  const kinds = [...weights].map(([name, { shape, data }]): [string, WrittenDtype] => {
    if (name === '__metadata__' || countOf(shape) !== data.length) {
      throw new Error(`writeSafetensors: ${name} [${shape.join(', ')}] with ${data.length} numbers cannot be written`);
    }
    if (data instanceof Int32Array) return [name, 'I32'];
    return [name, dtype ?? (data instanceof Float64Array ? 'F64' : 'F32')];
  });
  return new Map(kinds.sort(([, a], [, b]) => dtypes.get(b)!.bytes - dtypes.get(a)!.bytes));
};

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
  const json = Buffer.from(JSON.stringify({ ...notes, ...Object.fromEntries(entries) }));
  const header = Buffer.alloc(8 + Math.ceil(json.length / 8) * 8, ' ');
  header.writeBigUInt64LE(BigInt(header.length - 8));
  json.copy(header, 8);
  return header;
};
