import type { FileHandle } from 'node:fs/promises';
import { bytesOf, countOf, type Data, type Numbers } from '../../../engine/numbers.ts';
import { UserError } from '../../../errors.ts';
import { type ByteRange, openForReading, readBytes, readInto } from '../../../files/read-exactly.ts';
import { readZipDirectory } from '../../../files/zip.ts';
import { dtypes } from '../dtypes.ts';
import { readLegacy } from './legacy.ts';
import { unpickle } from './pickle.ts';
import { pytorchRules, type StoredTensor } from './tensors.ts';
import { contentsOf } from './weight-sets.ts';

/** An open checkpoint of PyTorch. Names and shapes have been read and checked; numbers are read on request. */
export interface PyTorchFile extends AsyncDisposable {
  readonly path: string;
  /** By name; those of a second set of weights, such as an average, stand behind the keys that lead to it: `ema.…`. */
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  /** Other entries of the checkpoint: Lightning's epoch, hyper_parameters, … Objects of Python are placeholders. */
  readonly about: ReadonlyMap<string, unknown>;
  /**
   * Reads one tensor, row-major whatever its strides; floats become float32, integers int32.
   *
   * @param into array for its numbers, used where the file has them as float32, row-major.
   * @throws UserError for a name that the file does not have.
   */
  read(name: string, into?: Float32Array): Promise<Numbers>;
  close(): Promise<void>;
}

/** Longest pickle of a state_dict, in bytes. */
const LONGEST_PICKLE = 2 ** 26;

/**
 * Most numbers that tensors may claim for each that is stored: weights are tied once or twice, a bomb a million times.
 */
const MOST_USES = 4;

/**
 * Opens a `.ckpt`, `.bin`, `.pt` or `.pth` that torch.save wrote: a state_dict, alone or below keys of a training code, or a whole
 * module. Its pickle is read without executing anything. The caller closes it, or declares it with `await using`.
 *
 * @throws UserError where the file is cut short or damaged, names something of Python that no checkpoint
 * needs (`os.system`), or holds a tensor outside its storage or far more numbers than bytes.
 */
export const openPyTorch = async (path: string): Promise<PyTorchFile> => {
  const handle = await openForReading(path);
  try {
    return await openHandle(handle, path);
  } catch (error) {
    await handle.close();
    throw error;
  }
};

const openHandle = async (handle: FileHandle, path: string): Promise<PyTorchFile> => {
  const { size } = await handle.stat();
  const { content, ...archive } = (await isZip(handle, path))
    ? await readArchive(handle, size, path)
    : await readLegacy(handle, size, path);
  const { tensors, about } = contentsOf(content, path);
  for (const [name, tensor] of tensors) checkInside(name, tensor, archive);
  refuseBomb(tensors, archive);
  const close = (): Promise<void> => handle.close();
  const read = async (name: string, into?: Float32Array): Promise<Numbers> => {
    const tensor = tensors.get(name);
    if (!tensor) throw new UserError(`${path}: it has no ${name}: it has ${tensors.size} other tensors`);
    const { offset: storageStart } = storageOf(tensor, archive)!;
    if (into?.length === countOf(tensor.shape) && tensor.dtype === 'F32' && isRowMajor(tensor)) {
      await readInto(handle, bytesOf(into), { begin: storageStart + tensor.offset * into.BYTES_PER_ELEMENT, path });
      return { shape: tensor.shape, data: into };
    }
    return await readNumbers(handle, tensor, { storageStart, name, path });
  };
  return { path, tensors, about, read, close, [Symbol.asyncDispose]: close };
};

const isZip = async (handle: FileHandle, path: string): Promise<boolean> => {
  const { size } = await handle.stat();
  const start = await readBytes(handle, { offset: 0, length: Math.min(size, 2) }, path);
  if (start[0] === 0x50 && start[1] === 0x4b) return true;
  // a protocol, or the first digit of the magic number of the oldest format in protocol 1
  if (start[0] === 0x80 || (start[0] === 0x4c && start[1] === 0x31)) return false;
  throw new UserError(`${path}: it is no checkpoint of PyTorch: give a .ckpt or .bin file`);
};

const readArchive = async (
  handle: FileHandle,
  size: number,
  path: string,
): Promise<Archive & { readonly content: unknown }> => {
  const entries = await readZipDirectory(handle, size, path);
  for (const [name, { method, isEncrypted }] of entries) {
    if (method !== 0 || isEncrypted) throw packedError(path, name, isEncrypted ? 'encrypted' : 'compressed');
  }
  const pickle = [...entries.keys()].find((name) => /^([^/]+\/)?data\.pkl$/.test(name));
  if (pickle === undefined) throw new UserError(`${path}: it is a zip archive without data.pkl: give a checkpoint`);
  const root = pickle.slice(0, -'data.pkl'.length);
  const archive = { root, entries, path };
  await refuseBigEndian(handle, archive);
  const content = unpickle(await readPickle(handle, entries.get(pickle)!, path), pytorchRules(path), path);
  return { ...archive, content };
};

const packedError = (path: string, name: string, how: string): UserError =>
  new UserError(
    `${path}: ${name} is ${how}: PyTorch stores its files as they are, so this is no checkpoint. Unpack it, or save it again with torch.save.`,
  );

/** Storages of a checkpoint: byte ranges in the file. */
interface Archive {
  /** Prefix of every name in the archive: `archive/`. */
  readonly root: string;
  readonly entries: ReadonlyMap<string, ByteRange>;
  readonly path: string;
}

const storageOf = ({ storage }: StoredTensor, { root, entries }: Archive): ByteRange | undefined =>
  entries.get(`${root}data/${storage}`);

const refuseBigEndian = async (handle: FileHandle, { root, entries, path }: Archive): Promise<void> => {
  const entry = entries.get(`${root}byteorder`);
  if (!entry || entry.length > 16) return;
  const order = new TextDecoder().decode(await readBytes(handle, entry, path));
  if (order.trim() !== 'little') {
    throw new UserError(`${path}: its numbers are ${order}-endian: save it again on a little-endian machine`);
  }
};

const readPickle = async (handle: FileHandle, entry: ByteRange, path: string): Promise<Uint8Array> => {
  const bytes = entry.length;
  if (bytes <= LONGEST_PICKLE) return await readBytes(handle, entry, path);
  throw new UserError(`${path}: its data.pkl has ${bytes} bytes, too many for a state_dict: save the state_dict alone`);
};

/** @throws UserError where a tensor needs numbers that its storage does not have. */
const checkInside = (name: string, tensor: StoredTensor, archive: Archive): void => {
  const { path } = archive;
  const entry = storageOf(tensor, archive);
  if (!entry)
    throw new UserError(`${path}: ${name} is in storage ${tensor.storage}, which is not there: copy it again`);
  const { bytes: width } = dtypes.get(tensor.dtype)!;
  const bytes = entry.length;
  const [needed, last] = [tensor.storageLength * width, endOf(tensor)];
  if (needed === bytes && last <= tensor.storageLength && countOf(tensor.shape) <= tensor.storageLength) return;
  throw new UserError(
    `${path}: ${name} [${tensor.shape.join(', ')}] reaches to number ${last} of ${tensor.storageLength} in a storage of ${bytes} bytes: the file is damaged, copy it again`,
  );
};

/** End of a tensor in its storage, in numbers counted from the storage's start. */
const endOf = ({ offset, shape, stride }: StoredTensor): number =>
  countOf(shape) === 0 ? 0 : offset + 1 + shape.reduce((sum, size, axis) => sum + (size - 1) * stride[axis]!, 0);

/** @throws UserError where tensors claim far more numbers than are stored. */
const refuseBomb = (tensors: ReadonlyMap<string, StoredTensor>, { path }: Archive): void => {
  const all = [...tensors.values()];
  const claimed = all.reduce((sum, { shape }) => sum + countOf(shape), 0);
  const lengths = new Map(all.map(({ storage, storageLength }) => [storage, storageLength]));
  const stored = [...lengths.values()].reduce((sum, length) => sum + length, 0);
  if (claimed <= MOST_USES * stored) return;
  throw new UserError(
    `${path}: its tensors claim ${claimed} numbers, of which ${stored} are there: it is no checkpoint`,
  );
};

const readNumbers = async (
  handle: FileHandle,
  tensor: StoredTensor,
  { storageStart, name, path }: { readonly storageStart: number; readonly name: string; readonly path: string },
): Promise<Numbers> => {
  const { dtype, shape, stride, offset } = tensor;
  const { bytes: width, decode } = dtypes.get(dtype)!;
  const last = Math.max(offset, endOf(tensor));
  const bytes = await readBytes(
    handle,
    { offset: storageStart + offset * width, length: (last - offset) * width },
    path,
  );
  const data = decode(bytes.buffer, `${path}: ${name}`);
  return { shape, data: isRowMajor(tensor) ? data : rowMajor(data, shape, stride) };
};

const isRowMajor = ({ shape, stride }: StoredTensor): boolean => {
  let next = 1;
  for (let axis = shape.length - 1; axis >= 0; axis -= 1) {
    if (shape[axis] !== 1 && stride[axis] !== next) return false;
    next *= shape[axis]!;
  }
  return true;
};

/** Numbers of a view (a transposed weight, a slice) in row-major order. */
const rowMajor = (data: Data, shape: readonly number[], stride: readonly number[]): Data => {
  const count = countOf(shape);
  const ordered = data instanceof Int32Array ? new Int32Array(count) : new Float32Array(count);
  const place = shape.map(() => 0);
  for (let i = 0, at = 0; i < count; i += 1) {
    ordered[i] = data[at]!;
    for (let axis = shape.length - 1; axis >= 0; axis -= 1) {
      place[axis]! += 1;
      at += stride[axis]!;
      if (place[axis]! < shape[axis]!) break;
      at -= stride[axis]! * shape[axis]!;
      place[axis] = 0;
    }
  }
  return ordered;
};
