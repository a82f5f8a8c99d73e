import type { FileHandle } from 'node:fs/promises';
import { UserError } from '../../../errors.ts';
import { type ByteRange, readBytes } from '../../../files/read-exactly.ts';
import { dtypes } from '../dtypes.ts';
import { unpickleFirst } from './pickle.ts';
import type { PickleRules } from './pickle-machine.ts';
import { isStorage, pytorchRules, type Storage } from './tensors.ts';

/** All pickles of such a file stand in its first so many bytes, or it is no state_dict. */
const LONGEST_PICKLES = 2 ** 25;

/** A model has hundreds of storages; each costs a look at its place in the file. */
const MOST_STORAGES = 2 ** 16;

/** What each of these files begins with, and the version of it that is read (PyTorch code). */
const [MAGIC, PROTOCOL] = [0x1950a86a20f9469cfc6cn, 1001];

/** A file of torch.save from before PyTorch 1.6, in the terms of the later archive. */
export interface Legacy {
  readonly root: '';
  /** Where each storage lies, as `data/<key>`. */
  readonly entries: ReadonlyMap<string, ByteRange>;
  readonly path: string;
  /** What was saved. */
  readonly whole: unknown;
}

/**
 * Reads what torch.save wrote before it wrote archives: five pickles, one after the other (a magic number, a version, the
 * machine, what was saved, the keys of its storages), and then each storage, its length before it.
 *
 * @throws UserError where it is another pickle, is cut short, or names what no checkpoint needs (`os.system`).
 */
export const readLegacy = async (handle: FileHandle, size: number, path: string): Promise<Legacy> => {
  const bytes = await readBytes(handle, { offset: 0, length: Math.min(size, LONGEST_PICKLES) }, path);
  const storages = new Map<string, Storage>();
  const rules = noting(pytorchRules(path), storages);
  const values: unknown[] = [];
  let at = 0;
  while (values.length < 5) {
    const { value, end } = unpickleFirst(bytes.subarray(at), rules, path);
    values.push(value);
    at += end;
    if (values.length <= 3) checkStart(values, path);
  }
  const [, , , whole, keys] = values;
  if (!Array.isArray(keys) || keys.length > MOST_STORAGES) throw damaged(path, 'it does not list its storages');
  return { root: '', entries: await placed(handle, { keys, storages, begin: at, size, path }), path, whole };
};

const damaged = (path: string, what: string): UserError =>
  new UserError(`${path}: ${what}: the file is damaged, copy it again`);

/** The same rules, which also note every storage that they resolve. */
const noting = (rules: PickleRules, storages: Map<string, Storage>): PickleRules => ({
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

interface Stored {
  readonly keys: readonly unknown[];
  readonly storages: ReadonlyMap<string, Storage>;
  /** The byte after the pickles. */
  readonly begin: number;
  readonly size: number;
  readonly path: string;
}

const placed = async (handle: FileHandle, { keys, storages, begin, size, path }: Stored) => {
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
