import { collate } from '../../data.ts';
import {
  ask,
  type Example,
  type ImageCache,
  type Model,
  openPredictor,
  type Predictor,
  preprocessorFor,
} from '../../index.ts';
import type { LatencyReport } from '../quickstart/content.ts';

/** Pairs that are timed one by one, after as many that are not. */
const PAIRS = 100;

/** The middle one of some numbers; of an even count, the upper of the two. */
export const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;

/** The median time of one text-image pair alone, in milliseconds; pictures are decoded before the clock starts. */
export const pairLatency = async (
  trained: Model,
  examples: readonly Example[],
  { threads }: { readonly threads?: number | undefined } = {},
): Promise<number> => {
  const { config, weights } = trained;
  const { prepare, collate: options } = preprocessorFor(config, { batch: 1 });
  await using predictor = await openPredictor({ config, weights }, { threads });
  const times: number[] = [];
  for (let i = 0; i < 2 * PAIRS; i += 1) {
    const feeds = collate([await prepare(examples[i % examples.length]!)], options);
    const began = performance.now();
    await predictor.logits(feeds);
    times.push(performance.now() - began);
  }
  return median(times.slice(PAIRS));
};

/** Questions that are timed over the whole cache, after one that is not. */
const QUESTIONS = 5;

/** The median time of one question over a whole cache, by image, in milliseconds: text encoder, f and head. */
export const cacheLatency = async (student: Predictor, question: string, cache: ImageCache): Promise<number> => {
  const times: number[] = [];
  for (let i = 0; i <= QUESTIONS; i += 1) {
    const began = performance.now();
    await ask(student, cache, question, { top: 1 });
    times.push((performance.now() - began) / cache.entries.length);
  }
  return median(times.slice(1));
};

/** Teacher per pair, student per pair, student over the cache. */
export const latencyReport = async (
  { teacher, student, opened }: { readonly teacher: Model; readonly student: Model; readonly opened: Predictor },
  {
    examples,
    question,
    cache,
    threads,
  }: { examples: readonly Example[]; question: string; cache: ImageCache; threads?: number | undefined },
): Promise<LatencyReport[]> => {
  const options = threads === undefined ? {} : { threads };
  const alone = { images: PAIRS, note: 'one image-text pair at a time, median; pictures decoded beforehand' };
  return [
    {
      what: 'the teacher, pair by pair',
      millisecondsPerImage: await pairLatency(teacher, examples, options),
      ...alone,
    },
    {
      what: 'the student, pair by pair',
      millisecondsPerImage: await pairLatency(student, examples, options),
      ...alone,
    },
    {
      what: 'the student, over the cache',
      images: cache.entries.length,
      millisecondsPerImage: await cacheLatency(opened, question, cache),
      note: 'one question over every cached image, text encoder included; median of five',
    },
  ];
};
