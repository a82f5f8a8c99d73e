import { type HalfPrecision, withHalfProducts } from '../half.ts';
import { withInt8Products } from '../int8.ts';
import { countOf, type Data, type Numbers } from '../numbers.ts';
import type { ComposedOperator } from '../onnx/nodes.ts';
import { leavesOf, type Precision, writeOnnx } from '../onnx/write.ts';
import { evaluate, type Shape, type Size, show, termsOf } from '../shapes.ts';
import { describe, type Kind, type Tensor } from '../tensor.ts';
import type { Device, Runtime, RuntimeOptions } from './backend.ts';

type Named<T> = Readonly<Record<string, T>>;

/** Options of `compile`. Every key has a default. */
export interface CompileOptions extends Omit<RuntimeOptions, 'initializers'> {
  /**
   * Parameters as constants of the session: fastest for inference, since the runtime packs them once. Do not change
   * their numbers afterwards.
   */
  readonly weights?: ReadonlyMap<string, Numbers> | undefined;
  /** Parameters that the session reads from their arrays at every run: for training. */
  readonly parameters?: ReadonlyMap<string, Numbers> | undefined;
  /** Arrays that outputs of fixed shape are written into at every run, by output. Other outputs get new arrays. */
  readonly into?: Named<Numbers> | undefined;
  /** float64 is for tests of derivatives. Default float32. */
  readonly precision?: Precision | undefined;
  /**
   * Precision of the products of linear layers whose weights are constants (`weights`); see `withInt8Products`.
   * Default float32.
   */
  readonly weightPrecision?: 'float32' | 'int8' | undefined;
  /**
   * Precision of all other products of matrices; see `withHalfProducts`. The CPU rounds as a device would that has
   * them, and is slower for it. Default float32.
   */
  readonly products?: 'float32' | HalfPrecision | undefined;
}

/** A compiled graph. The caller closes it, or `await using` does. */
export interface Session extends AsyncDisposable {
  /** The inputs that `run` must be fed. */
  readonly inputs: readonly Tensor[];
  readonly runtime: Runtime['kind'];
  /**
   * Runs once over a batch of any size: named sizes take their values from the feeds. Outputs are new arrays, except
   * those given by `into`.
   *
   * @throws Error where a feed is missing, or its shape or the sizes it implies do not fit.
   */
  run<O extends string = string>(feeds: Named<Numbers>): Promise<Record<O, Numbers<Float32Array>>>;
  close(): void;
}

/** Opens an ONNX model for running. */
export type CreateRuntime = (model: Uint8Array, options: RuntimeOptions) => Promise<Runtime>;

/** Compiles graphs, as `compile` does where Node is. */
export type Compile = (outputs: Named<Tensor>, options?: CompileOptions) => Promise<Session>;

/** Operators that a device has no kernel for, and that are written as others. */
const composed: Readonly<Partial<Record<Device, readonly ComposedOperator[]>>> = { webgpu: ['LogSoftmax'] };

/** Compiles the outputs, and what they depend on, to one session of a kind of runtime; see `compile`. */
export const compileFor = async (
  createRuntime: CreateRuntime,
  given: Named<Tensor>,
  options: CompileOptions = {},
): Promise<Session> => {
  const { weights = new Map(), parameters = new Map(), into = {}, precision = 'float32' } = options;
  const outputs = inPrecision(given, { ...options, weights });
  const leaves = leavesOf(Object.values(outputs));
  const held = numbersOf(leaves, weights);
  const read = numbersOf(
    leaves.filter((leaf) => !held.has(nameOf(leaf)!)),
    parameters,
  );
  const inputs = leaves.filter((leaf) => mustBeFed(leaf, [held, read]));
  const bytes = writeOnnx(outputs, {
    precision,
    weights: held,
    storage: 'outside',
    composed: composed[options.device ?? 'cpu'],
  });
  const runtime = await createRuntime(bytes, { ...options, initializers: held });
  for (const [name, numbers] of read) runtime.bindInput(name, numbers);
  for (const [name, numbers] of Object.entries(into)) runtime.bindOutput(name, numbers);
  return {
    inputs,
    runtime: runtime.kind,
    run: async (feeds) => {
      const sizes = bindFeeds(runtime, inputs, feeds);
      const results: Record<string, Numbers> = {};
      for (const [name, { shape, kind }] of Object.entries(outputs)) {
        results[name] = into[name] ?? allocate(shape, kind, precision, sizes);
        if (!into[name]) runtime.bindOutput(name, results[name]);
      }
      await runtime.run();
      return results as Record<string, Numbers<Float32Array>>;
    },
    close: () => runtime.close(),
    [Symbol.asyncDispose]: async () => runtime.close(),
  };
};

/** The outputs with their products in the precisions that are asked for. */
const inPrecision = (
  given: Named<Tensor>,
  { weights, weightPrecision, products = 'float32', device }: CompileOptions & { readonly weights: HeldNumbers },
): Named<Tensor> => {
  const quantized = weightPrecision === 'int8' ? withInt8Products(given, weights) : given;
  if (products === 'float32') return quantized;
  return withHalfProducts(quantized, products, (device ?? 'cpu') === 'cpu' ? 'rounded' : 'native');
};

type HeldNumbers = ReadonlyMap<string, Numbers>;

const nameOf = ({ made }: Tensor): string | undefined =>
  'leaf' in made && made.leaf !== 'constant' ? made.name : undefined;

/** The given numbers of leaves, by name. @throws Error where their shape is another. */
const numbersOf = (leaves: readonly Tensor[], given: ReadonlyMap<string, Numbers>): Map<string, Numbers> => {
  const found = new Map<string, Numbers>();
  for (const leaf of leaves) {
    const name = nameOf(leaf);
    const numbers = name === undefined ? undefined : given.get(name);
    if (numbers === undefined) continue;
    if (show(numbers.shape) !== show(leaf.shape)) {
      throw new Error(`compile: parameter ${name} is ${show(numbers.shape)}: the graph wants ${show(leaf.shape)}`);
    }
    found.set(name!, numbers);
  }
  return found;
};

/** Whether a leaf is an input; false for a constant or a parameter with numbers. @throws Error for one without. */
const mustBeFed = (leaf: Tensor, given: readonly ReadonlyMap<string, Numbers>[]): boolean => {
  const name = nameOf(leaf);
  if (name === undefined || given.some((numbers) => numbers.has(name))) return false;
  if ('leaf' in leaf.made && leaf.made.leaf === 'input') return true;
  throw new Error(`compile: parameter ${name} has no numbers: give them as weights or parameters`);
};

/** An input, and the shape that it must have beside the given feeds. */
export interface ExpectedInput {
  readonly name: string;
  readonly shape: readonly number[];
  /** Size of its first axis as the graph names it; absent for a scalar. */
  readonly first?: Size | undefined;
  /** For dropout masks, the probability of keeping an element. */
  readonly keep?: number | undefined;
}

/** The inputs of a session with their shapes for a batch, some of whose feeds are given: used to draw dropout masks. */
export const shapesFor = ({ inputs }: Pick<Session, 'inputs'>, feeds: Named<Numbers>): ExpectedInput[] => {
  const sizes = sizesFrom(inputs, feeds);
  return inputs.map((leaf) => ({
    name: nameOf(leaf)!,
    shape: leaf.shape.map((size) => evaluate(size, sizes)),
    first: leaf.shape[0],
    ...('keep' in leaf.made && leaf.made.keep !== undefined ? { keep: leaf.made.keep } : {}),
  }));
};

const bindFeeds = (runtime: Runtime, inputs: readonly Tensor[], feeds: Named<Numbers>): Map<string, number> => {
  const missing = inputs.filter((leaf) => feeds[nameOf(leaf)!] === undefined);
  if (missing.length > 0) throw new Error(`run: not fed: ${missing.map(describe).join(', ')}`);
  const sizes = sizesFrom(inputs, feeds);
  for (const leaf of inputs) runtime.bindInput(nameOf(leaf)!, feeds[nameOf(leaf)!]!);
  return sizes;
};

/** The value of every named size that a feed carries. @throws Error where a feed does not fit beside the others. */
const sizesFrom = (inputs: readonly Tensor[], feeds: Named<Numbers>): Map<string, number> => {
  const sizes = new Map<string, number>();
  const fed = inputs.flatMap((leaf) => {
    const numbers = feeds[nameOf(leaf)!];
    return numbers ? [{ name: nameOf(leaf)!, symbolic: leaf.shape, actual: numbers.shape }] : [];
  });
  for (const { symbolic, actual } of fed) collectSizes(symbolic, actual, sizes);
  for (const { name, symbolic, actual } of fed) {
    const fits =
      symbolic.length === actual.length && symbolic.every((size, axis) => evaluate(size, sizes) === actual[axis]);
    if (!fits)
      throw new Error(`run: input ${name} is ${show(actual)}: it must be ${show(symbolic)}${known(symbolic, sizes)}`);
  }
  return sizes;
};

/** Takes the values of named sizes from a feed; sums and products of names give none. */
const collectSizes = (symbolic: Shape, actual: readonly number[], sizes: Map<string, number>): void =>
  symbolic.forEach((size, axis) => {
    const value = actual[axis];
    if (typeof size === 'string' && !/[*+]/.test(size) && !sizes.has(size) && value !== undefined)
      sizes.set(size, value);
  });

/** For errors: ` with batch = 2, words = 7`. */
const known = (symbolic: Shape, sizes: ReadonlyMap<string, number>): string => {
  const names = new Set(symbolic.flatMap((size) => termsOf(size).flatMap((term) => term.names)));
  const values = [...names].flatMap((name) => (sizes.has(name) ? [`${name} = ${sizes.get(name)}`] : []));
  return values.length > 0 ? ` with ${values.join(', ')}` : '';
};

const allocate = (shape: Shape, kind: Kind, precision: Precision, sizes: ReadonlyMap<string, number>): Numbers => {
  const actual = shape.map((size) => evaluate(size, sizes));
  const count = countOf(actual);
  const data: Data =
    kind === 'int32'
      ? new Int32Array(count)
      : precision === 'float64'
        ? new Float64Array(count)
        : new Float32Array(count);
  return { shape: actual, data };
};
