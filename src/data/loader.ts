import { UserError } from '../errors.ts';
import { mapConcurrent } from '../files/map-concurrent.ts';
import { type CollateOptions, collate, type EncodedExample, type Feeds } from './batch.ts';
import type { Example } from './example.ts';
import type { Augment, Prepare } from './preprocess.ts';
import { createSkipLimit, type OnUnreadable } from './skip-policy.ts';

/** A batch: its examples and the inputs of a graph for them. */
export interface Batch {
  readonly feeds: Feeds;
  readonly examples: readonly Example[];
  /** Time that the consumer waited for this batch; near 0 when preparing keeps up with training. */
  readonly waitMilliseconds: number;
}

/** Options of loading batches. */
export interface LoadOptions {
  readonly prepare: Prepare;
  /** Number of examples in a batch; the last one may be smaller. */
  readonly batch: number;
  readonly collate: CollateOptions;
  /** Number of batches that are prefetched, at least 1; 2 by default. */
  readonly ahead?: number | undefined;
  /**
   * Called with each example that cannot be read, for instance a corrupt image, which is then left out of its batch; a
   * batch of which nothing remains is left out as a whole. Without it such an example ends the pass; with it the pass
   * ends where more than half of the first examples cannot be read.
   */
  readonly onUnreadable?: OnUnreadable | undefined;
  /** Number of the first batch, for a run that is resumed; 0 by default. */
  readonly first?: number | undefined;
  /** The augmentation of the images of an example, by the number of its batch and its place there. Default: none. */
  readonly augment?: ((batch: number, place: number) => Augment) | undefined;
  /** The choice of patches of a batch, by its number. Default: that of `collate`. */
  readonly patches?: ((batch: number) => Pick<CollateOptions, 'maxPatches' | 'random'>) | undefined;
  /** A batch of which nothing remains: left out (default), or an error. */
  readonly empty?: 'skip' | 'refuse' | undefined;
}

/**
 * Loads the batches of one pass over the data, in the given order, each while the consumer works on the one before.
 * Leaving the loop early stops the loading; once the loop is left, nothing runs any more.
 *
 * @param order places in `examples`, each batch the next few of them.
 * @throws the error of `prepare`, when the batch that it belongs to is reached.
 */
export const loadBatches = (
  examples: readonly Example[],
  order: Uint32Array | readonly number[],
  options: LoadOptions,
): AsyncGenerator<Batch, void, undefined> => loadChosen(inOrder(examples, order, options.batch), options);

/**
 * The examples of each batch of an order, each batch the next few of its places.
 *
 * @throws Error where a batch has no examples, or the order a place that is none.
 */
export function* inOrder(
  examples: readonly Example[],
  order: Uint32Array | readonly number[],
  batch: number,
): Generator<readonly Example[], void, undefined> {
  if (!(batch >= 1)) throw new Error(`loadBatches: a batch of ${batch} examples: give at least 1`);
  for (let at = 0; at < order.length; at += batch) {
    yield Array.from(order.slice(at, at + batch), (place) => exampleAt(examples, place));
  }
}

/** Loads batches whose examples an iterator chooses; it is asked for one batch at a time, when that is begun. */
export async function* loadChosen(
  chosen: Iterable<readonly Example[]>,
  options: Omit<LoadOptions, 'batch'>,
): AsyncGenerator<Batch, void, undefined> {
  const choices = chosen[Symbol.iterator]();
  const stop = new AbortController();
  const waiting: Promise<Omit<Batch, 'waitMilliseconds'>>[] = [];
  const tolerance = createSkipLimit(options);
  let last: Promise<unknown> = Promise.resolve();
  let number = options.first ?? 0;
  const begin = (): void => {
    const { value: examples, done } = choices.next();
    if (done) return;
    const making = { ...options, ...tolerance, number, signal: stop.signal };
    number += 1;
    const batch = last.then(() => makeBatch(examples, making));
    // its error belongs to the consumer of this batch; the next one starts all the same
    last = batch.catch(() => undefined);
    waiting.push(batch);
  };
  try {
    for (let i = 0; i < Math.max(options.ahead ?? 2, 1); i += 1) begin();
    while (waiting.length) {
      const asked = performance.now();
      const batch = await waiting.shift()!;
      const waitMilliseconds = performance.now() - asked;
      begin();
      if (batch.examples.length) yield { ...batch, waitMilliseconds };
    }
    tolerance.end();
  } finally {
    stop.abort();
    await last;
  }
}

const exampleAt = (examples: readonly Example[], place: number): Example => {
  const example = examples[place];
  if (!example) throw new Error(`loadBatches: the order holds ${place}, but there are ${examples.length} examples`);
  return example;
};

/** Options of one batch. */
interface Making extends Omit<LoadOptions, 'batch'> {
  readonly number: number;
  readonly signal: AbortSignal;
  readonly made: (examples: number, kept: number) => void;
}

const makeBatch = async (examples: readonly Example[], making: Making) => {
  const { collate: rule, patches, number, signal, made } = making;
  const encoded = await prepareAll(examples, making);
  const kept = examples.filter((_, place) => encoded[place]);
  const whole = encoded.filter((one) => one !== undefined);
  if (signal.aborted) return { examples: kept, feeds: {} };
  made(examples.length, kept.length);
  return { examples: kept, feeds: whole.length === 0 ? {} : collate(whole, { ...rule, ...patches?.(number) }) };
};

/** The encoded examples in their order; undefined for one that could not be read and may be left out. */
const prepareAll = (
  examples: readonly Example[],
  { prepare, onUnreadable, augment, number, signal }: Making,
): Promise<(EncodedExample | undefined)[]> =>
  mapConcurrent([...examples.entries()], async ([place, example]) => {
    if (signal.aborted) return undefined;
    return await prepare(example, augment?.(number, place)).catch((failure: unknown) => {
      if (!onUnreadable || !(failure instanceof UserError)) throw failure;
      onUnreadable(failure, example);
      return undefined;
    });
  });
