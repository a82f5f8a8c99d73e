import { UserError } from '../errors.ts';
import { CONCURRENCY, mapConcurrent } from '../files/map-concurrent.ts';
import { type Among, type CollateOptions, collate, type EncodedExample, type Feeds } from './batch.ts';
import type { Example } from './example.ts';
import { createPatchMemory, type PatchMemory } from './memory/patches.ts';
import type { Augment, Prepare } from './preprocess.ts';
import { around, present, type Sharing, sketched, unshared } from './sharing/sharing.ts';
import { createSkipLimit, type OnUnreadable } from './skip-policy.ts';

/** A batch: its examples and the inputs of a graph for them. */
export interface Batch {
  readonly feeds: Feeds;
  readonly examples: readonly Example[];
  /** Time that the consumer waited for this batch; near 0 when preparing keeps up with training. */
  readonly waitMilliseconds: number;
  readonly whole: WholeBatch;
}

/** A batch as a whole, where several read it together; otherwise what was read here is all. */
export interface WholeBatch {
  readonly examples: readonly Example[];
  /** Ids of each text, without padding. */
  readonly words: readonly Int32Array[];
  /** Place of the first example that was read here. */
  readonly from: number;
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
  /**
   * Whether the patches of a batch are overwritten once the next batch is asked for, which saves much garbage collection.
   * Default: false, so batches may be kept.
   */
  readonly reuse?: boolean | undefined;
  /** Sharing of each batch with other processes that load the same ones. Default: all of it is read here. */
  readonly sharing?: Sharing | undefined;
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
  const memory = options.reuse ? createPatchMemory() : undefined;
  const shared = { ...options, ...tolerance, inLanes: lanes(CONCURRENCY), memory, signal: stop.signal };
  let last: Promise<unknown> = Promise.resolve();
  let number = options.first ?? 0;
  const begin = (): void => {
    const { value: examples, done } = choices.next();
    if (done) return;
    const making = { ...shared, number };
    number += 1;
    const prepared = prepareAll(examples, making);
    const batch = last.then(() => makeBatch(examples, prepared, making));
    // its error belongs to the consumer of this batch; the next one starts all the same
    last = batch.catch(() => undefined);
    waiting.push(batch);
  };
  try {
    for (let i = 0; i < Math.max(options.ahead ?? 2, 1); i += 1) begin();
    while (waiting.length) {
      const batch = await timed(waiting.shift()!);
      begin();
      if (batch.examples.length) yield batch;
      memory?.giveBack(batch.feeds);
    }
    tolerance.end();
  } finally {
    stop.abort();
    await last;
  }
}

/** A batch with the time that was waited for it. */
const timed = async (batch: Promise<Omit<Batch, 'waitMilliseconds'>>): Promise<Batch> => {
  const asked = performance.now();
  return { ...(await batch), waitMilliseconds: performance.now() - asked };
};

const exampleAt = (examples: readonly Example[], place: number): Example => {
  const example = examples[place];
  if (!example) throw new Error(`loadBatches: the order holds ${place}, but there are ${examples.length} examples`);
  return example;
};

/** Options of one batch. */
interface Making extends Omit<LoadOptions, 'batch'> {
  readonly number: number;
  readonly signal: AbortSignal;
  readonly inLanes: InLanes;
  readonly memory: PatchMemory | undefined;
  readonly made: (examples: number, kept: number) => void;
}

const makeBatch = async (
  all: readonly Example[],
  preparing: ReturnType<typeof prepareAll>,
  { collate: rule, patches, memory, number, signal, made, sharing = unshared }: Making,
) => {
  const examples = all.slice(...sharing.range(all.length));
  const prepared = await preparing.catch(async (failure: unknown) => {
    // the others wait for this part, and would take that of the next batch for it
    await sharing.gather(sketched(examples.map(() => undefined)));
    throw failure;
  });
  // handed round although the loop may be left by now: the others wait for it
  const { before, after } = around(await sharing.gather(sketched(prepared)), sharing.rank);
  const kept = examples.filter((_, place) => prepared[place]);
  const encoded = prepared.filter((one) => one !== undefined);
  const sketches = [...before, ...prepared, ...after];
  const whole = {
    examples: all.filter((_, place) => sketches[place]),
    words: sketches.flatMap((one) => (one ? [one.words] : [])),
    from: present(before).length,
  };
  if (signal.aborted) return { examples: kept, feeds: {}, whole };
  made(examples.length, kept.length);
  const among: Among = { before: present(before), after: present(after) };
  const how = { ...rule, ...patches?.(number), among, memory };
  return { examples: kept, feeds: encoded.length === 0 ? {} : collate(encoded, how), whole };
};

/** The encoded examples of this process in their order; undefined for one that could not be read and may be left out. */
const prepareAll = (
  all: readonly Example[],
  { prepare, onUnreadable, augment, number, signal, inLanes, sharing = unshared }: Making,
): Promise<(EncodedExample | undefined)[]> => {
  const [from, to] = sharing.range(all.length);
  const one = async ([place, example]: readonly [number, Example]): Promise<EncodedExample | undefined> => {
    if (signal.aborted) return undefined;
    return await prepare(example, augment?.(number, from + place)).catch((failure: unknown) => {
      if (!onUnreadable || !(failure instanceof UserError)) throw failure;
      onUnreadable(failure, example);
      return undefined;
    });
  };
  const prepared = mapConcurrent([...all.slice(from, to).entries()], (entry) => inLanes(() => one(entry)));
  prepared.catch(() => undefined); // its error belongs to the batch, whose turn comes later
  return prepared;
};

/** Runs jobs a few at a time, in the order in which they come. */
type InLanes = <R>(job: () => Promise<R>) => Promise<R>;

/** Lanes that batches share: the pictures of the next one are decoded while those of this one are put together. */
const lanes = (count: number): InLanes => {
  const waiting: (() => void)[] = [];
  let free = count;
  return async (job) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await job();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else free += 1;
    }
  };
};
