import type { FileHandle } from 'node:fs/promises';
import { UserError } from '../../../errors.ts';
import { type ByteRange, readBytes } from '../../../files/read-exactly.ts';
import { dtypes } from '../dtypes.ts';
import { unpickleFirst } from './pickle.ts';
import type { PickleRules } from './pickle-machine.ts';
import { isStorage, pytorchRules, type Storage } from './tensors.ts';

/** Longest pickles of a state_dict, all together. Bytes. */
const LONGEST_PICKLES = 2 ** 25;

/** Most storages of a file: a model has hundreds, and each costs a read. */
const MOST_STORAGES = 2 ** 16;

/** Magic number at the beginning of the file, and version of the format (PyTorch code). */
const [MAGIC, PROTOCOL] = [0x1950a86a20f9469cfc6cn, 1001];

/** Contents of a file of torch.save from before PyTorch 1.6, in the form of the later zip archive. */
export interface LegacyFile {
  readonly root: '';
  /** Byte range of each storage, by the name `data/<key>`. */
  readonly entries: ReadonlyMap<string, ByteRange>;
  readonly path: string;
  /** The saved value. */
  readonly content: unknown;
}

/**
 * Reads a file of torch.save from before PyTorch 1.6: five pickles in a row (magic number, version, machine, the saved
 * value, the keys of its storages), and then each storage after its length.
 *
 * @throws UserError where it is another pickle, is cut short, or names something of Python that no checkpoint needs
 * (`os.system`).
 */
export const readLegacy = async (handle: FileHandle, size: number, path: string): Promise<LegacyFile> => {
  const bytes = await readBytes(handle, { offset: 0, length: Math.min(size, LONGEST_PICKLES) }, path);
  const storages = new Map<string, Storage>();
  const rules = collectStorages(pytorchRules(path), storages);
  const values: unknown[] = [];
  let at = 0;
  while (values.length < 5) {
    const { value, end } = unpickleFirst(bytes.subarray(at), rules, path);
    values.push(value);
    at += end;
    if (values.length <= 3) checkStart(values, path);
  }
  const [, , , content, keys] = values;
  if (!Array.isArray(keys) || keys.length > MOST_STORAGES) throw damaged(path, 'it does not list its storages');
  return { root: '', entries: await locateStorages(handle, { keys, storages, begin: at, size, path }), path, content };
};

const damaged = (path: string, problem: string): UserError =>
  new UserError(`${path}: ${problem}: the file is damaged, copy it again`);

/** Rules that also collect every storage that they resolve. */
const collectStorages = (rules: PickleRules, storages: Map<string, Storage>): PickleRules => ({
  ...rules,
  resolve: (id) => {
    const storage = rules.resolve(id);
    if (isStorage(storage)) storages.set(storage.storage, storage);
    return storage;
  },
});

const checkStart = ([magic, protocol, system]: readonly unknown[], path: string): void => {
  if (magic !== MAGIC)
    throw new UserError(`${path}: it is a pickle, but not of torch.save: save the state_dict with it`);
  if (protocol !== undefined && protocol !== PROTOCOL) {
    throw new UserError(
      `${path}: it is of version ${String(protocol)} of torch.save, not ${PROTOCOL}: save it once more`,
    );
  }
  if (system instanceof Map && system.get('little_endian') === false) {
    throw new UserError(`${path}: its numbers are big-endian: save it again on a little-endian machine`);
  }
};

/** Storages of a file, and the place where they begin. */
interface StorageList {
  readonly keys: readonly unknown[];
  readonly storages: ReadonlyMap<string, Storage>;
  /** Byte after the pickles. */
  readonly begin: number;
  readonly size: number;
  readonly path: string;
}

const locateStorages = async (handle: FileHandle, { keys, storages, begin, size, path }: StorageList) => {
  const entries = new Map<string, ByteRange>();
  let at = begin;
  for (const key of keys) {
    const storage = typeof key === 'string' ? storages.get(key) : undefined;
    if (!storage || entries.has(`data/${storage.storage}`))
      throw damaged(path, 'it lists storages that it does not use');
    const bytes = storage.length * dtypes.get(storage.dtype)!.bytes;
    if (!(at + 8 + bytes <= size)) throw damaged(path, `storage ${storage.storage} ends outside its ${size} bytes`);
    const length = new DataView((await readBytes(handle, { offset: at, length: 8 }, path)).buffer).getBigInt64(0, true);
    if (length !== BigInt(storage.length)) throw damaged(path, `storage ${storage.storage} holds ${length} numbers`);
    entries.set(`data/${storage.storage}`, { offset: at + 8, length: bytes });
    at += 8 + bytes;
  }
  return entries;
};
