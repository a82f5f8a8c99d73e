import type { Example } from '../../data/example.ts';
import { keyOf, permutation } from '../../engine/random.ts';

/** Batches among which examples of like length are brought together. */
const WINDOW_BATCHES = 16;

export interface OrderOptions {
  /** How many places are wanted, over as many epochs as it takes. */
  readonly wanted: number;
  readonly batch: number;
  readonly seed: number;
}

/**
 * The order in which a training reads its examples: epoch after epoch, each shuffled anew, as one list of places.
 *
 * Within a window of 16 batches, examples with texts of like length share a batch, and the batches are shuffled again:
 * a batch is padded to its longest text, and so little is padded. It depends on the seed alone.
 */
export const lengthGroupedOrder = (
  examples: readonly Pick<Example, 'text'>[],
  { wanted, batch, seed }: OrderOptions,
): Uint32Array => {
  const order = new Uint32Array(wanted);
  for (let epoch = 0, at = 0; at < wanted; epoch += 1) {
    const places = epochOrder(examples, { batch, seed, epoch }).subarray(0, wanted - at);
    order.set(places, at);
    at += places.length;
  }
  return order;
};

type EpochOptions = Omit<OrderOptions, 'wanted'> & { readonly epoch: number };

/** The order of one epoch, counted from 0: every place once. */
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
