import type { FileHandle } from 'node:fs/promises';
import { bytesOf, type Numbers } from '../../engine/numbers.ts';
import { writeOutput } from '../../files/atomic-write.ts';
import { openForReading, readBytes, readInto } from '../../files/read-exactly.ts';
import { dtypes } from './dtypes.ts';
import { checkHolds, type FloatDtype, headerLength, safetensorsParts, tensorOf } from './safetensors-bytes.ts';
import { type Header, parseHeader } from './safetensors-header.ts';

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
    const info = tensorOf(header, name, path);
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

const readHeader = async (handle: FileHandle, path: string): Promise<{ header: Header; dataStart: number }> => {
  const { size } = await handle.stat();
  checkHolds(size, path);
  const dataStart = 8 + headerLength(await readBytes(handle, { offset: 0, length: 8 }, path), size, path);
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
  { dtype }: { readonly dtype?: FloatDtype | undefined } = {},
): Promise<void> => {
  const parts = safetensorsParts(weights, metadata, { dtype, path });
  await writeOutput(path, async (append) => {
    for (const part of parts) await append(part);
  });
};
