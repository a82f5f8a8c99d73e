import type { FileHandle } from 'node:fs/promises';
import { bytesOf, countOf, type Data, type Numbers } from '../../../engine/numbers.ts';
import { UserError } from '../../../errors.ts';
import { type ByteRange, openForReading, readBytes, readInto } from '../../../files/read-exactly.ts';
import { readZipDirectory } from '../../../files/zip.ts';
import { dtypes } from '../dtypes.ts';
import { readLegacy } from './legacy.ts';
import { isPlaceholder, unpickle } from './pickle.ts';
import { isTensor, pytorchRules, type StoredTensor } from './tensors.ts';

/** An open checkpoint of PyTorch: its names and shapes are read and checked, its numbers are read when asked for. */
export interface PyTorchFile extends AsyncDisposable {
  readonly path: string;
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  /** What stands beside the weights: Lightning's epoch, hyper_parameters, … Foreign objects are placeholders. */
  readonly about: ReadonlyMap<string, unknown>;
  /**
   * One tensor, row-major whatever its strides; floats become float32, integers int32.
   *
   * @param into where its numbers go when the file has them as float32, row-major; otherwise they get their own array.
   */
  read(name: string, into?: Float32Array): Promise<Numbers>;
  close(): Promise<void>;
}

/** A pickle of more bytes than this holds no state_dict. */
const LONGEST_PICKLE = 2 ** 26;

/** How often the tensors of a file may use its storages: weights are tied once or twice, a bomb a million times. */
const MOST_USES = 4;

/**
 * Opens a `.ckpt`, `.bin`, `.pt` or `.pth` that torch.save wrote, of a state_dict or of Lightning.
 * The pickle in it is read by a machine that executes nothing. The caller closes it, or says `await using`.
 *
 * @throws UserError where the file is cut short or damaged, names what no checkpoint needs (`os.system`), holds a
 * tensor outside its storage or far more numbers than bytes.
 */
export const openPyTorch = async (path: string): Promise<PyTorchFile> => {
  const handle = await openForReading(path);
  try {
    return await opened(handle, path);
  } catch (error) {
    await handle.close();
    throw error;
  }
};

const opened = async (handle: FileHandle, path: string): Promise<PyTorchFile> => {
  const { size } = await handle.stat();
  const { whole, ...held } = (await isZip(handle, path))
    ? await readArchive(handle, size, path)
    : await readLegacy(handle, size, path);
  const { tensors, about } = stateOf(whole, path);
  for (const [name, tensor] of tensors) checkInside(name, tensor, held);
  refuseBomb(tensors, held);
  const close = (): Promise<void> => handle.close();
  const read = async (name: string, into?: Float32Array): Promise<Numbers> => {
    const tensor = tensors.get(name);
    if (!tensor) throw new UserError(`${path}: it has no ${name}: it has ${tensors.size} other tensors`);
    const { offset: begin } = storageOf(tensor, held)!;
    if (into?.length === countOf(tensor.shape) && tensor.dtype === 'F32' && isRowMajor(tensor)) {
      await readInto(handle, bytesOf(into), { begin: begin + tensor.offset * into.BYTES_PER_ELEMENT, path });
      return { shape: tensor.shape, data: into };
    }
    return await numbersOf(handle, tensor, { begin, where: `${path}: ${name}`, path });
  };
  return { path, tensors, about, read, close, [Symbol.asyncDispose]: close };
};

const isZip = async (handle: FileHandle, path: string): Promise<boolean> => {
  const { size } = await handle.stat();
  const start = await readBytes(handle, { offset: 0, length: Math.min(size, 2) }, path);
  if (start[0] === 0x50 && start[1] === 0x4b) return true;
  if (start[0] === 0x80) return false;
  throw new UserError(`${path}: it is no checkpoint of PyTorch: give a .ckpt or .bin file`);
};

const readArchive = async (
  handle: FileHandle,
  size: number,
  path: string,
): Promise<Held & { readonly whole: unknown }> => {
  const entries = await readZipDirectory(handle, size, path);
  for (const [name, { method, isEncrypted }] of entries) {
    if (method !== 0 || isEncrypted) throw packedError(path, name, isEncrypted ? 'encrypted' : 'compressed');
  }
  const pickled = [...entries.keys()].find((name) => /^([^/]+\/)?data\.pkl$/.test(name));
  if (pickled === undefined) throw new UserError(`${path}: it is a zip archive without data.pkl: give a checkpoint`);
  const root = pickled.slice(0, -'data.pkl'.length);
  const held = { root, entries, path };
  await refuseBigEndian(handle, held);
  const whole = unpickle(await pickleBytes(handle, entries.get(pickled)!, path), pytorchRules(path), path);
  return { ...held, whole };
};

const packedError = (path: string, name: string, how: string): UserError =>
  new UserError(
    `${path}: ${name} is ${how}: PyTorch stores its files as they are, so this is no checkpoint. Unpack it, or save it again with torch.save.`,
  );

interface Held {
  /** Before every name in the archive: `archive/`. */
  readonly root: string;
  readonly entries: ReadonlyMap<string, ByteRange>;
  readonly path: string;
}

const storageOf = ({ storage }: StoredTensor, { root, entries }: Held): ByteRange | undefined =>
  entries.get(`${root}data/${storage}`);

const refuseBigEndian = async (handle: FileHandle, { root, entries, path }: Held): Promise<void> => {
  const entry = entries.get(`${root}byteorder`);
  if (!entry || entry.length > 16) return;
  const order = new TextDecoder().decode(await readBytes(handle, entry, path));
  if (order.trim() !== 'little') {
    throw new UserError(`${path}: its numbers are ${order}-endian: save it again on a little-endian machine`);
  }
};

const pickleBytes = async (handle: FileHandle, entry: ByteRange, path: string): Promise<Uint8Array> => {
  const bytes = entry.length;
  if (bytes <= LONGEST_PICKLE) return await readBytes(handle, entry, path);
  throw new UserError(`${path}: its data.pkl has ${bytes} bytes, too many for a state_dict: save the state_dict alone`);
};

/** Under which name of a checkpoint its weights are, where they are not the whole of it. */
const stateKeys = ['state_dict', 'model_state_dict', 'model'] as const;

const stateOf = (whole: unknown, path: string): Pick<PyTorchFile, 'tensors' | 'about'> => {
  if (!(whole instanceof Map)) {
    const what = isPlaceholder(whole) ? `a whole object (${whole.python})` : 'no dictionary';
    throw new UserError(`${path}: it holds ${what}: save the model's state_dict() instead`);
  }
  const key = stateKeys.find((name) => whole.get(name) instanceof Map);
  const state: ReadonlyMap<unknown, unknown> = key === undefined ? whole : whole.get(key);
  const about = key === undefined ? new Map() : new Map([...whole].filter(([name]) => name !== key));
  const tensors = new Map<string, StoredTensor>();
  for (const [name, value] of state) {
    if (value === null && key !== undefined) continue;
    if (typeof name !== 'string' || !isTensor(value)) throw new UserError(`${path}: ${noTensor(name, value)}`);
    tensors.set(name, value);
  }
  return { tensors, about };
};

const noTensor = (name: unknown, value: unknown): string => {
  const what = isPlaceholder(value) ? `a ${value.python}` : value instanceof Map ? 'a dictionary' : typeof value;
  return `${typeof name === 'string' ? name : 'one of its keys'} is ${what}, not a plain tensor: save the model's state_dict() alone`;
};

const checkInside = (name: string, tensor: StoredTensor, held: Held): void => {
  const { path } = held;
  const entry = storageOf(tensor, held);
  if (!entry)
    throw new UserError(`${path}: ${name} is in storage ${tensor.storage}, which is not there: copy it again`);
  const { bytes: width } = dtypes.get(tensor.dtype)!;
  const bytes = entry.length;
  const [needed, last] = [tensor.storageLength * width, reachOf(tensor)];
  if (needed === bytes && last <= tensor.storageLength && countOf(tensor.shape) <= tensor.storageLength) return;
  throw new UserError(
    `${path}: ${name} [${tensor.shape.join(', ')}] reaches to number ${last} of ${tensor.storageLength} in a storage of ${bytes} bytes: the file is damaged, copy it again`,
  );
};

/** How many numbers of its storage a tensor needs, counted from the storage's start. */
const reachOf = ({ offset, shape, stride }: StoredTensor): number =>
  countOf(shape) === 0 ? 0 : offset + 1 + shape.reduce((sum, size, axis) => sum + (size - 1) * stride[axis]!, 0);

const refuseBomb = (tensors: ReadonlyMap<string, StoredTensor>, { path }: Held): void => {
  const all = [...tensors.values()];
  const claimed = all.reduce((sum, { shape }) => sum + countOf(shape), 0);
  const held = new Map(all.map(({ storage, storageLength }) => [storage, storageLength]));
  const stored = [...held.values()].reduce((sum, length) => sum + length, 0);
  if (claimed <= MOST_USES * stored) return;
  throw new UserError(
    `${path}: its tensors claim ${claimed} numbers, of which ${stored} are there: it is no checkpoint`,
  );
};

const numbersOf = async (
  handle: FileHandle,
  tensor: StoredTensor,
  { begin, where, path }: { readonly begin: number; readonly where: string; readonly path: string },
): Promise<Numbers> => {
  const { dtype, shape, stride, offset } = tensor;
  const { bytes: width, decode } = dtypes.get(dtype)!;
  const last = Math.max(offset, reachOf(tensor));
  const bytes = await readBytes(handle, { offset: begin + offset * width, length: (last - offset) * width }, path);
  const data = decode(bytes.buffer, where);
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

/** The numbers of a view (a transposed weight, a slice) in the order in which one counts its axes. */
const rowMajor = (data: Data, shape: readonly number[], stride: readonly number[]): Data => {
  const count = countOf(shape);
  const sorted = data instanceof Int32Array ? new Int32Array(count) : new Float32Array(count);
  const place = shape.map(() => 0);
  for (let i = 0, at = 0; i < count; i += 1) {
    sorted[i] = data[at]!;
    for (let axis = shape.length - 1; axis >= 0; axis -= 1) {
      place[axis]! += 1;
      at += stride[axis]!;
      if (place[axis]! < shape[axis]!) break;
      at -= stride[axis]! * shape[axis]!;
      place[axis] = 0;
    }
  }
  return sorted;
};
