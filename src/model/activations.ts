import { gelu } from '../engine/functions.ts';
import { add, multiply, relu, sigmoid, tanh } from '../engine/ops.ts';
import type { Tensor } from '../engine/tensor.ts';

/** x Φ(x) with Φ by a tanh, as BERT's first code and GPT-2 have it: 0.5 x (1 + tanh(√(2/π) (x + 0.044715 x³))). */
const geluByTanh = (x: Tensor): Tensor => {
  const cubed = multiply(x, multiply(x, x));
  const inner = multiply(add(x, multiply(cubed, 0.044715)), Math.sqrt(2 / Math.PI));
  return multiply(multiply(x, 0.5), add(tanh(inner), 1));
};

/** Activations of the feed-forward halves, by their names in a `config.json` of transformers. */
export const activations = {
  gelu,
  gelu_new: geluByTanh,
  quick_gelu: (x: Tensor): Tensor => multiply(x, sigmoid(multiply(x, 1.702))),
  relu,
  silu: (x: Tensor): Tensor => multiply(x, sigmoid(x)),
  tanh,
  sigmoid,
} as const;

/** Name of an activation. */
export type Activation = keyof typeof activations;
