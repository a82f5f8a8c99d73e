import { collate, preprocessorFor } from '../../data.ts';
import { ask, type Example, type ImageCache, type Model, openPredictor, type Predictor } from '../../index.ts';
import type { LatencyReport } from '../quickstart/content.ts';

/** Number of timed pairs, after as many warm-up calls. */
const PAIRS = 100;

/** Median; of an even count, the upper of the two middle values. */
export const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;

/** Median latency of a single image-text pair in milliseconds, without decoding the image. */
export const pairLatency = async (
  model: Model,
  examples: readonly Example[],
  { threads }: { readonly threads?: number | undefined } = {},
): Promise<number> => {
  const { prepare, collate: options } = preprocessorFor(model.config, { batch: 1 });
  await using predictor = await openPredictor(model, { threads });
  const times: number[] = [];
  for (let i = 0; i < 2 * PAIRS; i += 1) {
    const feeds = collate([await prepare(examples[i % examples.length]!)], options);
    const began = performance.now();
    await predictor.logits(feeds);
    times.push(performance.now() - began);
  }
  return median(times.slice(PAIRS));
};

/** Number of timed questions, after one warm-up call. */
const QUESTIONS = 5;

/** Median latency per image of one question over a whole cache, in milliseconds: text encoder, interaction and head. */
export const cacheLatency = async (student: Predictor, question: string, cache: ImageCache): Promise<number> => {
  const times: number[] = [];
  for (let i = 0; i <= QUESTIONS; i += 1) {
    const began = performance.now();
    await ask(student, cache, question, { top: 1 });
    times.push((performance.now() - began) / cache.size);
  }
  return median(times.slice(1));
};

/** Latencies of the teacher per pair, the student per pair, and the student over the cache. */
export const latencyReport = async (
  { teacher, student, opened }: { readonly teacher: Model; readonly student: Model; readonly opened: Predictor },
  {
    examples,
    question,
    cache,
    threads,
  }: { examples: readonly Example[]; question: string; cache: ImageCache; threads?: number | undefined },
): Promise<LatencyReport[]> => {
  const options = { threads };
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
      images: cache.size,
      millisecondsPerImage: await cacheLatency(opened, question, cache),
      note: 'one question over every cached image, text encoder included; median of five',
    },
  ];
};
