import { UserError } from '../errors.ts';
import { isPlaceholder, type PickleRules } from './pickle.ts';

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

/** What PyTorch's own names in a checkpoint stand for; `path` is named in errors. */
export const pytorchRules = (path: string): PickleRules => ({
  resolve: (id) => storageOf(id, path),
  call: (python, args) => calls.get(python)?.(args, path),
});

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

const areCounts = (value: unknown): value is number[] => Array.isArray(value) && value.every(isCount);

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
  const pairs = Array.isArray(items) ? items.filter((item): item is [unknown, unknown] => Array.isArray(item)) : [];
  return new Map(pairs);
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
