import type { Feeds } from '../../data/batch.ts';
import type { Numbers } from '../../engine/numbers.ts';
import type { Predictor } from '../../inference/predictor.ts';
import { joinFeeds } from './join-feeds.ts';

/** Sessions of a predictor whose calls are batched. */
export type BatchedCall = 'textFeatures' | 'imageFeatures' | 'logits';

/** Options of `batchedPredictor`. */
export interface BatchingOptions {
  /** Most examples of one run. */
  readonly most: number;
  /** Receives every run: of what, and of how many examples. */
  readonly onRun?: ((call: BatchedCall, examples: number) => void) | undefined;
}

/**
 * A predictor that runs calls together: what is asked for while a run is under way is joined into the next one. A single
 * caller waits for nobody, and under load a run costs little more than that of one example. Padding is masked, so the
 * numbers are those of each call alone but for rounding. The features of the last texts are kept: they must not be written
 * to.
 */
export const batchedPredictor = (predictor: Predictor, options: BatchingOptions): Predictor => ({
  ...predictor,
  textFeatures: remembered(batched(predictor.textFeatures, 'textFeatures', options)),
  imageFeatures: batched(predictor.imageFeatures, 'imageFeatures', options),
  logits: batched(predictor.logits, 'logits', options),
});

type Run = (feeds: Feeds) => Promise<Numbers<Float32Array>>;

/** Features of texts that are kept. */
const MOST_TEXTS = 1024;

/** Runs a text once: what it was asked for last, or is being run for somebody else, is not run again. */
const remembered = (run: Run): Run => {
  const known = new Map<string, Promise<Numbers<Float32Array>>>();
  return (feeds) => {
    const { shape, data } = feeds.words!;
    if (shape[0] !== 1) return run(feeds);
    const key = data.join(' ');
    const rows = known.get(key) ?? run(feeds);
    known.delete(key);
    known.set(key, rows);
    rows.catch(() => known.delete(key));
    if (known.size > MOST_TEXTS) known.delete(known.keys().next().value!);
    return rows;
  };
};

interface Waiting {
  readonly feeds: Feeds;
  readonly examples: number;
  readonly resolve: (rows: Numbers<Float32Array>) => void;
  readonly reject: (error: unknown) => void;
}

const batched = (run: Run, call: BatchedCall, { most, onRun }: BatchingOptions): Run => {
  const waiting: Waiting[] = [];
  let isRunning = false;
  const work = async (): Promise<void> => {
    isRunning = true;
    while (waiting.length > 0) {
      const batch = taken(waiting, most);
      onRun?.(
        call,
        batch.reduce((sum, { examples }) => sum + examples, 0),
      );
      await runTogether(run, batch);
    }
    isRunning = false;
  };
  return (feeds) =>
    new Promise((resolve, reject) => {
      waiting.push({ feeds, examples: Object.values(feeds)[0]!.shape[0]!, resolve, reject });
      if (!isRunning) void work();
    });
};

/** Takes the first calls that together have at most so many examples, and at least one call. */
const taken = (waiting: Waiting[], most: number): Waiting[] => {
  let [count, examples] = [1, waiting[0]!.examples];
  while (count < waiting.length && examples + waiting[count]!.examples <= most) {
    examples += waiting[count]!.examples;
    count += 1;
  }
  return waiting.splice(0, count);
};

const runTogether = async (run: Run, batch: readonly Waiting[]): Promise<void> => {
  try {
    const { shape, data } = await run(joinFeeds(batch.map(({ feeds }) => feeds)));
    const width = shape.slice(1).reduce((a, b) => a * b, 1);
    let first = 0;
    for (const { examples, resolve } of batch) {
      const rows = data.subarray(first * width, (first + examples) * width);
      resolve({ shape: [examples, ...shape.slice(1)], data: rows });
      first += examples;
    }
  } catch (error) {
    for (const { reject } of batch) reject(error);
  }
};
