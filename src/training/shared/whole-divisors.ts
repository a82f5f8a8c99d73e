import type { Numbers } from '../../engine/numbers.ts';
import { compile } from '../../engine/runtime/compile.ts';
import { evaluate, type Size, termsOf } from '../../engine/shapes.ts';
import { ancestors, input, isOperation, type Operation, type Tensor } from '../../engine/tensor.ts';
import type { Channel } from '../../processes/processes.ts';
import type { SharedRows } from './rows.ts';

type Named<T> = Readonly<Record<string, T>>;

/**
 * Divisors of losses that are fed as those of the whole batch, so that the losses of all processes, and their gradients,
 * add up to those of the batch: a mean over examples is a sum of what is here, divided by the count of all.
 */
export interface WholeDivisors extends AsyncDisposable {
  /** Inputs in place of sizes and sums that the divisors are made of. */
  readonly replacements: ReadonlyMap<Tensor, Tensor>;
  /** Feeds of these inputs. Where a divisor counts words or patches, all processes ask at once. */
  feeds(batch: Named<Numbers>, rows: SharedRows): Promise<Record<string, Numbers>>;
}

/** Divisors of a batch that is not shared, which stay as they are. */
export const ownDivisors: WholeDivisors = {
  replacements: new Map(),
  feeds: async () => ({}),
  [Symbol.asyncDispose]: async () => {},
};

/** Prefix of the inputs, which no input of a stage has. */
const WHOLE = 'whole ';

/**
 * Finds what the scalar divisors of a graph are made of: numbers of examples, and sums over examples of what depends on no
 * parameter, such as the number of words that are no padding.
 */
export const openWholeDivisors = async (
  outputs: Named<Tensor>,
  { channel, threads }: { readonly channel: Channel; readonly threads?: number | undefined },
): Promise<WholeDivisors> => {
  const graph = ancestors(Object.values(outputs));
  const inputs = graph.filter(({ made }) => 'leaf' in made && made.leaf === 'input');
  const examples = exampleSizes(inputs);
  const replacements = new Map<Tensor, Tensor>();
  const sizes: Record<string, Size> = {};
  const sums: Record<string, Tensor> = {};
  for (const tensor of partsOfDivisors(graph)) {
    const size = countedIn(tensor, examples);
    const name = `${WHOLE}${replacements.size}`;
    if (size !== undefined) sizes[name] = size;
    else if (isSumOfFeeds(tensor, examples)) sums[name] = tensor;
    else continue;
    replacements.set(tensor, input(name, tensor.shape));
  }
  const session = Object.keys(sums).length > 0 ? await compile(sums, { threads }) : undefined;
  return {
    replacements,
    feeds: async (batch, rows) => {
      const all = new Map([...sizesIn(inputs, batch), ...[...rows].map(([name, { of }]) => [name, of] as const)]);
      const counts = Object.entries(sizes).map(([name, size]): [string, Numbers] => [
        name,
        numbers(evaluate(size, all), [1]),
      ]);
      const own = Object.entries((await session?.run(batch)) ?? {});
      const totals = Float64Array.from(own, ([, { data }]) => data[0]!);
      if (own.length > 0) await channel.sum([totals]);
      return Object.fromEntries([...counts, ...own.map(([name], i) => [name, numbers(totals[i]!, [])] as const)]);
    },
    [Symbol.asyncDispose]: async () => session?.close(),
  };
};

const numbers = (value: number, shape: readonly number[]): Numbers => ({ shape, data: Float32Array.of(value) });

/** Names of the sizes that differ between processes: those of the first axes of what is fed. */
const exampleSizes = (inputs: readonly Tensor[]): ReadonlySet<string> =>
  new Set(
    inputs.flatMap(({ shape: [first] }) =>
      typeof first === 'string' ? termsOf(first).flatMap(({ names }) => names) : [],
    ),
  );

/** Values of the sizes that stand alone in the shape of an input that is fed. */
const sizesIn = (inputs: readonly Tensor[], batch: Named<Numbers>): Map<string, number> =>
  new Map(
    inputs.flatMap(({ made, shape }) => {
      const fed = 'name' in made ? batch[made.name] : undefined;
      return fed ? shape.map((size, axis): [string, number] => [String(size), fed.shape[axis]!]) : [];
    }),
  );

/** Everything that the scalar divisors of a graph depend on. */
const partsOfDivisors = (graph: readonly Tensor[]): Tensor[] =>
  ancestors(
    graph.flatMap(({ made }) =>
      isOperation(made) && made.operator === 'Div' && made.from[1]!.shape.length === 0 ? [made.from[1]!] : [],
    ),
  );

/** The size that a tensor is the number of, where it counts examples. */
const countedIn = ({ made }: Tensor, examples: ReadonlySet<string>): Size | undefined => {
  if (!isOperation(made) || !isSizeAsNumber(made)) return undefined;
  const size = made.sizes[0]![0]!;
  return termsOf(size).some(({ names }) => names.some((name) => examples.has(name))) ? size : undefined;
};

const isSizeAsNumber = ({ operator, from, sizes }: Operation): boolean =>
  operator === 'Cast' && from.length === 0 && sizes.length === 1;

/** Whether a tensor is a sum over examples of what is fed, and of no parameter. */
const isSumOfFeeds = (tensor: Tensor, examples: ReadonlySet<string>): boolean => {
  const { made, shape } = tensor;
  if (!isOperation(made) || made.operator !== 'ReduceSum' || shape.length > 0) return false;
  const leaves = ancestors([tensor]).flatMap(({ made, shape }) => ('leaf' in made ? [{ made, shape }] : []));
  return (
    leaves.every(({ made }) => made.leaf !== 'parameter') &&
    leaves.some(({ made, shape: [first] }) => made.leaf === 'input' && examples.has(String(first)))
  );
};
