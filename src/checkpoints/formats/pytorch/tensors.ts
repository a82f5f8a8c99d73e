import { UserError } from '../../../errors.ts';
import type { PickleRules } from './pickle-machine.ts';
import { isPlaceholder } from './placeholder.ts';

/** A tensor as a pickle describes it: a view of a storage outside the pickle. */
export interface StoredTensor {
  /** Data type, by its name in safetensors. */
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Distance in numbers between neighbours on each axis. */
  readonly stride: readonly number[];
  /** Position of its first number in the storage. */
  readonly offset: number;
  /** Key of the storage. */
  readonly storage: string;
  /** Number of numbers in the storage. */
  readonly storageLength: number;
}

/** Whether a value of a pickle is a tensor. */
export const isTensor = (value: unknown): value is StoredTensor =>
  typeof value === 'object' && value !== null && 'storageLength' in value;

/** Data types of PyTorch's storage classes. */
const storageTypes: ReadonlyMap<string, string> = new Map([
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

/** Most items that the dictionaries of a file may be made with: one list can be named a million times. */
const MOST_ITEMS = 2 ** 20;

/**
 * Rules of PyTorch's pickles: storages, tensors, parameters and ordered dictionaries.
 *
 * @param path names the file in errors.
 */
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

/** An array of numbers outside the pickle, of which tensors are views. */
export interface Storage {
  /** Data type, by its name in safetensors. */
  readonly dtype: string;
  /** Key of the storage. */
  readonly storage: string;
  /** Number of numbers. */
  readonly length: number;
}

/**
 * Storage of a persistent id: ('storage', class, key, device, length). The device, often a GPU, does not matter here.
 */
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
  const dtype = storageTypes.get(kind.python.replace(/^.*\./, ''));
  if (dtype === undefined) {
    throw new UserError(`${path}: it has a ${kind.python}, which is not read: save it as floats`);
  }
  return { dtype, storage, length };
};

/** Whether a value of a pickle is a storage. */
export const isStorage = (value: unknown): value is Storage =>
  typeof value === 'object' && value !== null && 'dtype' in value && 'length' in value;

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

/** Most axes of a tensor, as in PyTorch. Without a limit, a list of millions could be a million tensors' shape. */
const MOST_AXES = 64;

const areCounts = (value: unknown): value is number[] =>
  Array.isArray(value) && value.length <= MOST_AXES && value.every(isCount);

/** Result of calling a function of PyTorch's; undefined where the arguments do not fit. */
type Call = (args: readonly unknown[], path: string) => unknown;

const tensor: Call = ([storage, offset, shape, stride], path) => {
  const fits = isStorage(storage) && isCount(offset) && areCounts(shape) && areCounts(stride);
  if (!fits || shape.length !== stride.length) {
    throw new UserError(`${path}: a tensor of it is not described as PyTorch does: the file is damaged, copy it again`);
  }
  const { dtype, storage: key, length } = storage;
  return { dtype, shape, stride, offset, storage: key, storageLength: length } satisfies StoredTensor;
};

/** Tensor of a parameter. */
const parameterData: Call = ([data]) => (isTensor(data) ? data : undefined);

const dictionary: Call = ([items]) => {
  if (!Array.isArray(items) || items.length > MOST_ITEMS) return new Map();
  return new Map(items.filter((item): item is [unknown, unknown] => Array.isArray(item)));
};

const calls: ReadonlyMap<string, Call> = new Map<string, Call>([
  ['torch._utils._rebuild_tensor', tensor],
  ['torch._utils._rebuild_tensor_v2', tensor],
  ['torch._utils._rebuild_parameter', parameterData],
  ['torch._utils._rebuild_parameter_with_state', parameterData],
  ['torch.Size', ([sizes]) => (Array.isArray(sizes) ? sizes : undefined)],
  ['collections.OrderedDict', dictionary],
  ['collections.defaultdict', () => new Map()],
]);
