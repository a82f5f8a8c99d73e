import { ancestors, isOperation, type Tensor } from './tensor.ts';

/**
 * The same outputs, computed from other tensors in place of some of those that they depend on, each of the same shape
 * and kind. Gradients are taken beforehand: a derivative is made of the operands that its operation had.
 */
export const substituted = (
  outputs: Readonly<Record<string, Tensor>>,
  replacements: ReadonlyMap<Tensor, Tensor>,
): Record<string, Tensor> => {
  const known = new Map(replacements);
  for (const tensor of ancestors(Object.values(outputs)))
    if (!known.has(tensor)) known.set(tensor, rebuilt(tensor, known));
  return Object.fromEntries(Object.entries(outputs).map(([name, tensor]) => [name, known.get(tensor)!]));
};

/** The tensor over the new operands; itself where they are the old ones. */
const rebuilt = (tensor: Tensor, known: ReadonlyMap<Tensor, Tensor>): Tensor => {
  const { made } = tensor;
  if (!isOperation(made) || made.from.every((operand) => known.get(operand) === operand)) return tensor;
  return { ...tensor, made: { ...made, from: made.from.map((operand) => known.get(operand)!) } };
};
