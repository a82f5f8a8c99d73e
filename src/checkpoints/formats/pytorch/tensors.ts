import { UserError } from '../../../errors.ts';
import { isPlaceholder } from './pickle.ts';
import type { PickleRules } from './pickle-machine.ts';

/** A tensor as a pickle describes it: a view of numbers that lie elsewhere. */
export interface StoredTensor {
  /** Its kind of number, by safetensors' name. */
  readonly dtype: string;
  readonly shape: readonly number[];
  /** How many numbers further the next one of each axis is. */
  readonly stride: readonly number[];
  /** The number at which it begins in its storage. */
  readonly offset: number;
  readonly storage: string;
  /** How many numbers the storage holds. */
  readonly storageLength: number;
}

export const isTensor = (value: unknown): value is StoredTensor =>
  typeof value === 'object' && value !== null && 'storageLength' in value;

/** PyTorch's class of a storage, and its kind of number. */
const storages: ReadonlyMap<string, string> = new Map([
  ['DoubleStorage', 'F64'],
  ['FloatStorage', 'F32'],
  ['HalfStorage', 'F16'],
  ['BFloat16Storage', 'BF16'],
  ['LongStorage', 'I64'],
  ['IntStorage', 'I32'],
  ['ShortStorage', 'I16'],
  ['CharStorage', 'I8'],
  ['ByteStorage', 'U8'],
  ['BoolStorage', 'BOOL'],
]);

/** How many items the dictionaries of a file may be made with: one list can be named a million times. */
const MOST_ITEMS = 2 ** 20;

/** What PyTorch's own names in a checkpoint stand for; `path` is named in errors. */
export const pytorchRules = (path: string): PickleRules => {
  let items = 0;
  return {
    resolve: (id) => storageOf(id, path),
    call: (python, args) => {
      const made = calls.get(python)?.(args, path);
      items += made instanceof Map ? made.size : 0;
      if (items <= MOST_ITEMS) return made;
      throw new UserError(`${path}: its dictionaries repeat more than ${MOST_ITEMS} items: it is no checkpoint`);
    },
  };
};

/** Numbers that lie outside the pickle, before any tensor views them. */
export interface Storage {
  readonly dtype: string;
  readonly storage: string;
  readonly length: number;
}

/** ('storage', class, key, device, length): the device, often a GPU, does not matter here. */
const storageOf = (id: unknown, path: string): Storage => {
  const [tag, kind, storage, , length, view = null] = Array.isArray(id) ? id : [];
  if (view !== null) {
    throw new UserError(`${path}: a storage of it is a part of another one, as before PyTorch 0.4: save it once more`);
  }
  if (tag !== 'storage' || !isPlaceholder(kind) || typeof storage !== 'string' || !isCount(length)) {
    throw new UserError(
      `${path}: a storage of it is not described as PyTorch does: the file is damaged, copy it again`,
    );
  }
  const dtype = storages.get(kind.python.replace(/^.*\./, ''));
  if (dtype === undefined) {
    throw new UserError(`${path}: it has a ${kind.python}, which is not read: save it as floats`);
  }
  return { dtype, storage, length };
};

export const isStorage = (value: unknown): value is Storage =>
  typeof value === 'object' && value !== null && 'dtype' in value && 'length' in value;

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

/** PyTorch's own limit of a tensor's axes. A list of millions, named by a million tensors, would never be read through. */
const MOST_AXES = 64;

const areCounts = (value: unknown): value is number[] =>
  Array.isArray(value) && value.length <= MOST_AXES && value.every(isCount);

type Call = (args: readonly unknown[], path: string) => unknown;

const tensor: Call = ([storage, offset, shape, stride], path) => {
  const fits = isStorage(storage) && isCount(offset) && areCounts(shape) && areCounts(stride);
  if (!fits || shape.length !== stride.length) {
    throw new UserError(`${path}: a tensor of it is not described as PyTorch does: the file is damaged, copy it again`);
  }
  const { dtype, storage: key, length } = storage;
  return { dtype, shape, stride, offset, storage: key, storageLength: length } satisfies StoredTensor;
};

/** A parameter is its tensor. */
const first: Call = ([data]) => (isTensor(data) ? data : undefined);

const dictionary: Call = ([items]) => {
  if (!Array.isArray(items) || items.length > MOST_ITEMS) return new Map();
  return new Map(items.filter((item): item is [unknown, unknown] => Array.isArray(item)));
};

const calls: ReadonlyMap<string, Call> = new Map<string, Call>([
  ['torch._utils._rebuild_tensor', tensor],
  ['torch._utils._rebuild_tensor_v2', tensor],
  ['torch._utils._rebuild_parameter', first],
  ['torch._utils._rebuild_parameter_with_state', first],
  ['torch.Size', ([sizes]) => (Array.isArray(sizes) ? sizes : undefined)],
  ['collections.OrderedDict', dictionary],
  ['collections.defaultdict', () => new Map()],
]);
