import { dropout } from '../engine/functions.ts';
import { countOf, type Weights } from '../engine/numbers.ts';
import { keyOf, normal } from '../engine/random.ts';
import { type Shape, sameShape, show } from '../engine/shapes.ts';
import { ancestors, parameter, parents, type Tensor } from '../engine/tensor.ts';

/** Initial values of a parameter: drawn from N(0, σ²), or all the same number. */
export type Initial = 'normal' | 'zeros' | 'ones' | number;

/**
 * The parameters of a model. One is named, shaped and initialised where it is used; the same name is the same
 * parameter, so sharing weights is using a name twice.
 */
export interface Params {
  /** @throws Error where the name is known with another shape. */
  get(name: string, shape: readonly number[], initial: Initial): Tensor;
  /** Parameters under a longer name: `within('a').get('b', …)` is `get('a.b', …)`. */
  within(part: string): Params;
  /** Dropout at a named place; nothing where the model is not being trained. */
  dropout(x: Tensor, place: string): Tensor;
}

/** Parameters whose dropout masks have names of their own: for weights that are used a second time in one graph. */
export const withDropoutName = (p: Params, place: string): Params => ({
  ...p,
  within: (part) => withDropoutName(p.within(part), place),
  dropout: (x, name) => p.dropout(x, `${name}.${place}`),
});

export interface Declared {
  readonly tensor: Tensor;
  readonly shape: readonly number[];
  readonly initial: Initial;
}

/** Root scope of parameters, and everything declared in it so far, in order of use. */
export interface RootParams extends Params {
  readonly declared: ReadonlyMap<string, Declared>;
}

/** Options of `createParams`. */
interface ParamsOptions {
  /** Share of activations that are dropped. Default 0, as in evaluation. */
  readonly dropoutRate?: number | undefined;
  /**
   * Whether the parameter of a name is frozen. Activations that depend on no trained parameter are not dropped: of one
   * example they are the same at every update. Default: none is.
   */
  readonly frozen?: ((name: string) => boolean) | undefined;
}

/** Whether a tensor depends on a parameter that is not frozen. */
const dependsOnTrained = (frozen: (name: string) => boolean): ((x: Tensor) => boolean) => {
  const known = new Map<Tensor, boolean>();
  return (x) => {
    for (const tensor of ancestors([x])) {
      const { made } = tensor;
      const isTrained = 'leaf' in made && made.leaf === 'parameter' && !frozen(made.name);
      known.set(tensor, isTrained || parents(tensor).some((parent) => known.get(parent)));
    }
    return known.get(x)!;
  };
};

/** Creates an empty scope of parameters, which layers declare into. */
export const createParams = ({ dropoutRate = 0, frozen }: ParamsOptions = {}): RootParams => {
  const declared = new Map<string, Declared>();
  const isDropped = frozen ? dependsOnTrained(frozen) : (): boolean => true;
  const get = (name: string, shape: readonly number[], initial: Initial): Tensor => {
    const known = declared.get(name);
    if (known && !sameShape(known.shape, shape)) {
      throw new Error(`params: ${name} is ${show(known.shape)} and cannot be ${show(shape as Shape)} as well`);
    }
    const found = known ?? { tensor: parameter(name, shape), shape, initial };
    declared.set(name, found);
    return found.tensor;
  };
  const under = (prefix: string): Params => ({
    get: (name, shape, initial) => get(prefix + name, shape, initial),
    within: (part) => under(`${prefix}${part}.`),
    dropout: (x, place) => (isDropped(x) ? dropout(x, `dropout.${prefix}${place}`, dropoutRate) : x),
  });
  return { ...under(''), declared };
};

/**
 * Initial weights of every declared parameter. Each has a random stream of its own, so adding one changes no other.
 *
 * @param deviation σ of those drawn at random. Default 0.02, as in BERT and ViLT, whose width is 768.
 */
export const initialWeights = (
  { declared }: RootParams,
  { seed, deviation = 0.02 }: { seed: number; deviation?: number | undefined },
): Weights => {
  const numbersFor = (name: string, { initial, shape }: Declared): Float32Array => {
    const data = new Float32Array(countOf(shape));
    if (initial === 'normal') return normal(keyOf(seed, 'initial', name), data, deviation);
    return data.fill(typeof initial === 'number' ? initial : initial === 'ones' ? 1 : 0);
  };
  return new Map([...declared].map(([name, one]) => [name, { shape: one.shape, data: numbersFor(name, one) }]));
};
