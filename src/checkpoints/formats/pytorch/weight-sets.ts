import { UserError } from '../../../errors.ts';
import { isPlaceholder, type Placeholder } from './placeholder.ts';
import { isTensor, type StoredTensor } from './tensors.ts';

/** Tensors of a checkpoint by name, and its other entries. */
export interface Contents {
  /**
   * Tensors of the usual set of weights by their own names, and those of every other set behind its place: `ema.…`.
   */
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  /** Other entries: Lightning's epoch, hyper_parameters, … Objects of Python are placeholders. */
  readonly about: ReadonlyMap<string, unknown>;
}

/** Weights of one dictionary of a checkpoint, or of a module that was saved whole. */
interface WeightSet {
  /** Keys that lead to it; none where the checkpoint itself is a state_dict. */
  readonly place: readonly string[];
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  /** The dictionary or module. */
  readonly state: unknown;
}

/** Keys under which training codes keep the weights, the usual ones first. */
const usualKeys = ['state_dict', 'model_state_dict', 'model', 'module', 'net', 'network', 'weights', 'params'];

/** Keys of what is no model: optimizers, schedules and states of random generators hold tensors, too. */
const notWeights = /optim|sched|scaler|rng|random|callbacks|hyper|args|config|loops/i;

/** Most entries of a list that weights are looked for in. */
const LONGEST = 64;

/** Deepest nesting of dictionaries, and of the modules of one that was saved whole. */
const DEEPEST = 32;

/**
 * Finds the sets of weights in the value of a checkpoint: a state_dict, one or several under keys, or whole modules.
 *
 * @throws UserError where it has none, or where an entry of the usual one is a tensor that cannot be read.
 */
export const contentsOf = (content: unknown, path: string): Contents => {
  const named = [...setsIn(content, [], { seen: new Set(), keys: 'texts' })];
  const sets = named.length > 0 ? named : [...setsIn(content, [], { seen: new Set(), keys: 'any' })];
  const [first, ...others] = sets.sort((a, b) => rankOf(a) - rankOf(b) || b.tensors.size - a.tensors.size);
  const entries = content instanceof Map ? content : new Map();
  if (!first) {
    if (entries === content && entries.size === 0) return { tensors: new Map(), about: entries };
    throw new UserError(`${path}: ${noWeights(content)}`);
  }
  refuseOtherTensors(first.state, path);
  const elsewhere = others.flatMap(({ place, tensors }) =>
    // tensors beside the keys, such as a generator's state, are no set
    place.length === 0 ? [] : [...tensors].map(([name, tensor]) => [[...place, name].join('.'), tensor] as const),
  );
  return {
    tensors: new Map([...first.tensors, ...elsewhere]),
    about: new Map(
      [...entries].filter(([name]) => String(name) !== first.place[0] && !first.tensors.has(String(name))),
    ),
  };
};

/** Values that were looked into, and the keys that are followed: texts, or numbers and places in lists, too. */
interface Search {
  readonly seen: Set<unknown>;
  readonly keys: 'texts' | 'any';
}

/** Sets of weights in a value, the outer ones first. Each dictionary is looked into once. */
function* setsIn(value: unknown, place: readonly string[], search: Search): Generator<WeightSet> {
  const { seen, keys } = search;
  if (seen.has(value) || place.length > DEEPEST) return;
  seen.add(value);
  const isList = keys === 'any' && Array.isArray(value) && value.length <= LONGEST;
  if (!(value instanceof Map || isList)) {
    const tensors = new Map(moduleTensors(value, [], seen));
    if (tensors.size > 0) yield { place, tensors, state: value };
    return;
  }
  const entries: readonly [unknown, unknown][] = [...value.entries()];
  const named = entries
    .filter(([key]) => keys === 'any' || typeof key === 'string')
    .map(([key, inner]) => [keyText(key), inner] as const);
  const tensors = new Map(named.filter((entry): entry is [string, StoredTensor] => isTensor(entry[1])));
  if (tensors.size > 0) yield { place, tensors, state: value };
  for (const [name, inner] of named) if (!notWeights.test(name)) yield* setsIn(inner, [...place, name], search);
}

const keyText = (key: unknown): string => (key instanceof Uint8Array ? Buffer.from(key).toString() : String(key));

/** Parameters and buffers of a module that was saved whole, and of the modules in it, by their names in a state_dict. */
function* moduleTensors(
  value: unknown,
  place: readonly string[],
  seen: Set<unknown>,
): Generator<readonly [string, StoredTensor]> {
  const state = isPlaceholder(value) ? value.state : undefined;
  if (!(state instanceof Map) || place.length > DEEPEST) return;
  for (const [name, tensor] of [...entriesOf(state, '_parameters'), ...entriesOf(state, '_buffers')]) {
    if (isTensor(tensor)) yield [[...place, name].join('.'), tensor];
  }
  for (const [name, inner] of entriesOf(state, '_modules')) {
    if (seen.has(inner)) continue;
    seen.add(inner);
    yield* moduleTensors(inner, [...place, String(name)], seen);
  }
}

const entriesOf = (state: ReadonlyMap<unknown, unknown>, part: string): readonly [unknown, unknown][] => {
  const entries = state.get(part);
  return entries instanceof Map ? [...entries] : [];
};

/** Place of a set among those of a checkpoint: usual keys first, averages of the weights last. */
const rankOf = ({ place, tensors }: WeightSet): number => {
  if (place.some((key) => isAverage(key))) return 2 * usualKeys.length;
  // a counter beside the weights (`n_averaged`) is no set
  if (place.length === 0) return tensors.size > 1 ? 0 : usualKeys.length + 1;
  const at = usualKeys.indexOf(place[0]!);
  return at < 0 ? usualKeys.length : at;
};

/** Whether a key or prefix names a moving average of the weights: `ema`, `model_ema`, `state_dict_ema`. */
export const isAverage = (name: string): boolean =>
  /(?:^|[._])(?:ema|averaged?|swa|shadow|momentum)(?:[._]|$)/i.test(name);

const noWeights = (content: unknown): string => {
  if (!(content instanceof Map)) {
    const kind = isPlaceholder(content)
      ? `an object (${content.python})`
      : Array.isArray(content)
        ? `a list of ${content.length}`
        : `a ${typeof content}`;
    return `it holds ${kind} without weights by name: save the model's state_dict() instead`;
  }
  const [name, value] = [...content][0]!;
  return noTensor(name, value);
};

const noTensor = (name: unknown, value: unknown): string => {
  const kind = isPlaceholder(value) ? `a ${value.python}` : value instanceof Map ? 'a dictionary' : typeof value;
  return `${typeof name === 'string' ? name : 'one of its keys'} is ${kind}, not a plain tensor: save the model's state_dict() alone`;
};

/** @throws UserError for a tensor of a kind that is not read, such as a quantized one, among those of a set. */
const refuseOtherTensors = (state: unknown, path: string): void => {
  if (!(state instanceof Map)) return;
  for (const [name, value] of state) {
    if (isPlaceholder(value) && isOtherTensor(value)) throw new UserError(`${path}: ${noTensor(name, value)}`);
  }
};

const isOtherTensor = ({ python }: Placeholder): boolean => /^torch\..*_rebuild_/.test(python);
