import type { Numbers } from './numbers.ts';
import { type Shape, show } from './shapes.ts';

/** `float` is written as float32, or as float64 where a test asks for it. */
export type Kind = 'float' | 'int32' | 'int64' | 'bool';

/** Where a graph begins: what is fed at every run, what is learnt, what is written into the file. */
export type Leaf =
  | { readonly leaf: 'input'; readonly name: string; readonly keep?: number | undefined }
  | { readonly leaf: 'parameter'; readonly name: string }
  | { readonly leaf: 'constant'; readonly numbers: Numbers };

/** An ONNX operator at work. `sizes` are further operands: vectors of sizes, known only when the graph runs. */
export interface Operation {
  readonly operator: string;
  readonly from: readonly Tensor[];
  readonly sizes: readonly Shape[];
  readonly attributes: Readonly<Record<string, Attribute>>;
  /** From the gradient of the result to the gradient of each of `from`; undefined where nothing flows. */
  readonly derivative: Derivative;
}
export type Attribute = number | string | readonly number[];
export type Derivative = (g: Tensor, out: Tensor) => readonly (Tensor | undefined)[];

/** A symbol: it knows its shape and what made it, and nothing of who uses it. */
export interface Tensor {
  readonly shape: Shape;
  readonly kind: Kind;
  readonly made: Leaf | Operation;
}

/** What is fed at every run. Integers (word ids) are int32. */
export const input = (name: string, shape: Shape, kind: 'float' | 'int32' = 'float'): Tensor => ({
  shape,
  kind,
  made: { leaf: 'input', name },
});

/** An input that whoever runs the graph fills with random 0 and 1/keep: dropout, reproducible from outside. */
export const dropoutMask = (name: string, shape: Shape, keep: number): Tensor => ({
  shape,
  kind: 'float',
  made: { leaf: 'input', name, keep },
});

/** What is learnt. */
export const parameter = (name: string, shape: Shape): Tensor => ({
  shape,
  kind: 'float',
  made: { leaf: 'parameter', name },
});

/** A number, or an array of numbers, that never changes. */
export const constant = (value: number | Numbers): Tensor => {
  const numbers = typeof value === 'number' ? { shape: [], data: Float64Array.of(value) } : value;
  const kind = numbers.data instanceof Int32Array ? 'int32' : 'float';
  return { shape: numbers.shape, kind, made: { leaf: 'constant', numbers } };
};

export const isOperation = (made: Leaf | Operation): made is Operation => 'operator' in made;

/** What a tensor was made from; nothing for a leaf. */
export const parents = ({ made }: Tensor): readonly Tensor[] => (isOperation(made) ? made.from : []);

/**
 * Every tensor that the outputs need, makers before users: the graph, found by walking back.
 * Without recursion, since a deep model with its gradient is thousands of operations long.
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

/** For errors: `[batch, words, 768]`, with the name where there is one. */
export const describe = ({ made, shape }: Tensor): string =>
  'leaf' in made && made.leaf !== 'constant' ? `${made.name} ${show(shape)}` : show(shape);
