import type { Example } from '../../data/example.ts';
import { keyOf, permutation } from '../../engine/random.ts';

/** Batches of a window, within which examples of similar length are brought together. */
const WINDOW_BATCHES = 16;

/** Options of the order of a training. */
export interface OrderOptions {
  /** Length of the order, over as many epochs as it takes. */
  readonly length: number;
  readonly batch: number;
  readonly seed: number;
}

/**
 * Order in which a training reads its examples: epoch after epoch, each shuffled anew, as one list of indices.
 *
 * Within a window of 16 batches, examples with texts of like length share a batch, and the batches are shuffled again:
 * a batch is padded to its longest text, and so little is padded. It depends on the seed alone.
 */
export const lengthGroupedOrder = (
  examples: readonly Pick<Example, 'text'>[],
  { length, batch, seed }: OrderOptions,
): Uint32Array => {
  const order = new Uint32Array(length);
  for (let epoch = 0, at = 0; at < length; epoch += 1) {
    const places = epochOrder(examples, { batch, seed, epoch }).subarray(0, length - at);
    order.set(places, at);
    at += places.length;
  }
  return order;
};

type EpochOptions = Omit<OrderOptions, 'length'> & { readonly epoch: number };

/** Order of one epoch, counted from 0: every index once. */
export const epochOrder = (
  examples: readonly Pick<Example, 'text'>[],
  { batch, seed, epoch }: EpochOptions,
): Uint32Array => {
  const shuffled = permutation(keyOf(seed, 'order', epoch), examples.length);
  const size = WINDOW_BATCHES * batch;
  for (let start = 0, window = 0; start < shuffled.length; start += size, window += 1) {
    const part = shuffled.subarray(start, start + size);
    const sorted = [...part].sort((a, b) => examples[a]!.text.length - examples[b]!.text.length);
    const batches = permutation(keyOf(seed, 'batches', epoch, window), Math.floor(sorted.length / batch));
    const grouped = [...batches].flatMap((i) => sorted.slice(i * batch, (i + 1) * batch));
    part.set([...grouped, ...sorted.slice(grouped.length)]);
  }
  return shuffled;
};
