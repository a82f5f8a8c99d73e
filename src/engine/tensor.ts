import type { Numbers } from './numbers.ts';
import { type Shape, show } from './shapes.ts';

/** `float` is written as float32, or as float64 where a test asks for it. */
export type Kind = 'float' | 'float16' | 'bfloat16' | 'int8' | 'uint8' | 'int32' | 'int64' | 'bool';

/** A leaf of a graph: an input that is fed at every run, a learnt parameter, or a constant. */
export type Leaf =
  | { readonly leaf: 'input'; readonly name: string; readonly keep?: number | undefined }
  | { readonly leaf: 'parameter'; readonly name: string }
  | { readonly leaf: 'constant'; readonly numbers: Numbers };

/** An application of an ONNX operator. `sizes` are further operands: vectors of sizes, known when the graph runs. */
export interface Operation {
  readonly operator: string;
  readonly from: readonly Tensor[];
  readonly sizes: readonly Shape[];
  readonly attributes: Readonly<Record<string, Attribute>>;
  /** Gradients of `from`, given that of the result; undefined where no gradient flows. */
  readonly derivative: Derivative;
}
export type Attribute = number | string | readonly number[];
export type Derivative = (g: Tensor, out: Tensor) => readonly (Tensor | undefined)[];

/** A symbolic tensor: its shape, and the leaf or operation that it comes from. It holds no numbers. */
export interface Tensor {
  readonly shape: Shape;
  readonly kind: Kind;
  readonly made: Leaf | Operation;
}

/** An input, which is fed at every run. Integers (word ids) are int32. */
export const input = (
  name: string,
  shape: Shape,
  kind: Exclude<Kind, 'bfloat16' | 'uint8' | 'int64' | 'bool'> = 'float',
): Tensor => ({
  shape,
  kind,
  made: { leaf: 'input', name },
});

/** An input for a dropout mask, fed with 0 and 1 / keep at random (see `shapesFor` and `bernoulliMask`). */
export const dropoutMask = (name: string, shape: Shape, keep: number): Tensor => ({
  shape,
  kind: 'float',
  made: { leaf: 'input', name, keep },
});

/** A learnt parameter. */
export const parameter = (name: string, shape: Shape): Tensor => ({
  shape,
  kind: 'float',
  made: { leaf: 'parameter', name },
});

/** A constant number or array. */
export const constant = (value: number | Numbers): Tensor => {
  const numbers = typeof value === 'number' ? { shape: [], data: Float64Array.of(value) } : value;
  const { data } = numbers;
  const kind = data instanceof Int32Array ? 'int32' : data instanceof Int8Array ? 'int8' : 'float';
  return { shape: numbers.shape, kind, made: { leaf: 'constant', numbers } };
};

/** Whether a tensor comes from an operation, and not from a leaf. */
export const isOperation = (made: Leaf | Operation): made is Operation => 'operator' in made;

/** Operands of the operation that a tensor comes from; none for a leaf. */
export const parents = ({ made }: Tensor): readonly Tensor[] => (isOperation(made) ? made.from : []);

/**
 * All tensors that the outputs depend on, outputs included, in topological order. Without recursion, since a deep model
 * with its gradient is thousands of operations long.
 */
export const ancestors = (outputs: readonly Tensor[]): Tensor[] => {
  const found: Tensor[] = [];
  const state = new Map<Tensor, 'open' | 'done'>();
  const stack = [...outputs].reverse();
  while (stack.length > 0) {
    const tensor = stack[stack.length - 1]!;
    if (state.get(tensor) === undefined) {
      state.set(tensor, 'open');
      for (const parent of [...parents(tensor)].reverse()) if (!state.has(parent)) stack.push(parent);
      continue;
    }
    stack.pop();
    if (state.get(tensor) === 'open') found.push(tensor);
    state.set(tensor, 'done');
  }
  return found;
};

/** A tensor as errors write it: `words [batch, words, 768]`, or the shape alone where it has no name. */
export const describe = ({ made, shape }: Tensor): string =>
  'leaf' in made && made.leaf !== 'constant' ? `${made.name} ${show(shape)}` : show(shape);

/** Parts of an operation that most have not. */
interface OperationParts {
  /** Shapes that the operator reads as inputs, as Reshape does. */
  readonly sizes?: readonly Shape[] | undefined;
  readonly attributes?: Readonly<Record<string, Attribute>> | undefined;
  readonly kind?: Kind | undefined;
}

/** Result of an ONNX operator, with the derivative by which its gradient is found. */
export const operation = (
  operator: string,
  from: readonly Tensor[],
  shape: Shape,
  derivative: Derivative,
  { sizes = [], attributes = {}, kind = 'float' }: OperationParts = {},
): Tensor => ({ shape, kind, made: { operator, from, sizes, attributes, derivative } });
