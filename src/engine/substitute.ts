import { ancestors, isOperation, type Operation, type Tensor } from './tensor.ts';

/**
 * Computes outputs from other tensors in place of some of those that they depend on, each of the same shape
 * and kind. Gradients are taken beforehand: a derivative is made of the operands that its operation had.
 */
export const substituted = (
  outputs: Readonly<Record<string, Tensor>>,
  replacements: ReadonlyMap<Tensor, Tensor>,
): Record<string, Tensor> => walk(outputs, new Map(replacements), (tensor) => tensor);

/**
 * Rewrites outputs with other operations in place of some: `rewrite` gets each result, whose operands are rewritten already,
 * and returns what stands in its place, of the same shape and kind, or the result itself. Gradients are taken beforehand.
 */
export const rewritten = (
  outputs: Readonly<Record<string, Tensor>>,
  rewrite: (tensor: Tensor, made: Operation) => Tensor,
): Record<string, Tensor> =>
  walk(outputs, new Map(), (tensor) => (isOperation(tensor.made) ? rewrite(tensor, tensor.made) : tensor));

/** The outputs anew, from their leaves on. @param known what stands in the place of tensors; those of the walk come to it. */
const walk = (
  outputs: Readonly<Record<string, Tensor>>,
  known: Map<Tensor, Tensor>,
  change: (tensor: Tensor) => Tensor,
): Record<string, Tensor> => {
  for (const tensor of ancestors(Object.values(outputs)))
    if (!known.has(tensor)) known.set(tensor, change(rebuilt(tensor, known)));
  return Object.fromEntries(Object.entries(outputs).map(([name, tensor]) => [name, known.get(tensor)!]));
};

/** The tensor over the new operands; itself where they are the old ones. */
const rebuilt = (tensor: Tensor, known: ReadonlyMap<Tensor, Tensor>): Tensor => {
  const { made } = tensor;
  if (!isOperation(made) || made.from.every((operand) => known.get(operand) === operand)) return tensor;
  return { ...tensor, made: { ...made, from: made.from.map((operand) => known.get(operand)!) } };
};
