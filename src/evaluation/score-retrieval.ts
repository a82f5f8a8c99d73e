import type { Model } from '../checkpoints/model-file.ts';
import type { Feeds } from '../data/batch.ts';
import type { Example } from '../data/example.ts';
import { loadBatches } from '../data/loader.ts';
import { countOf, type Numbers } from '../engine/numbers.ts';
import { compile } from '../engine/runtime/compile.ts';
import { UserError } from '../errors.ts';
import { openPredictor } from '../inference/open-predictor.ts';
import type { Predictor } from '../inference/predictor.ts';
import type { Preprocessor } from '../inference/preprocessor.ts';
import { cosines } from '../inference/query/vectors.ts';
import { missingProjection, rankHead } from '../model/heads.ts';
import { inputsFor } from '../model/inputs.ts';
import { createParams } from '../model/params.ts';
import { retrievalPurpose } from '../model/purposes/retrieval.ts';
import type { Gallery } from '../tasks/metrics/recall.ts';

export interface ScoreOptions {
  /**
   * With `onUnreadable`, images and texts that cannot be read are left out of the gallery; without, they are an error.
   */
  readonly preprocessor: Preprocessor;
  readonly threads?: number | undefined;
  /** Receives the progress: images and texts of a dual encoder, images of a fusion encoder. */
  readonly onProgress?: ((done: number, of: number) => void) | undefined;
}

/** Gallery of the images and texts that could be read, and the score of each pair. */
export interface ScoredGallery extends Gallery {
  /** [images, texts], higher is better. */
  readonly scores: Numbers;
}

/**
 * Scores every text of a gallery with every image. A dual encoder encodes each once, and a score is the dot product of
 * their projections by `itc`; a fusion encoder passes over every pair, and the score is that of its `rank_output`.
 *
 * An image that cannot be read is left out together with its texts, and so is an image none of whose texts can be read.
 *
 * @throws UserError where the model has no head for it, where an image cannot be read and `onUnreadable` is not given,
 * and where more than half of the first ones cannot be read.
 */
export const scoreRetrieval = async (
  trained: Model,
  gallery: Gallery,
  options: ScoreOptions,
): Promise<ScoredGallery> => {
  const score = trained.config.architecture.towers ? byProduct : byPairs;
  return belonging(gallery, await score(trained, gallery, options));
};

/** Indices of the images and texts of a gallery that could be read, and their scores. */
interface Read {
  readonly images: readonly number[];
  readonly texts: readonly number[];
  /** [images, texts] */
  readonly scores: Numbers;
}

/** Keeps the texts whose image was read, and the images that have such a text. */
const belonging = (gallery: Gallery, { images, texts, scores }: Read): ScoredGallery => {
  const belongs = new Set(texts.map((text) => gallery.imageOf[text]!));
  const rows = [...images.keys()].filter((row) => belongs.has(images[row]!));
  const places = new Map(rows.map((row, place) => [images[row]!, place]));
  const columns = [...texts.keys()].filter((column) => places.has(gallery.imageOf[texts[column]!]!));
  const at = rows.flatMap((row) => columns.map((column) => row * texts.length + column));
  return {
    images: rows.map((row) => gallery.images[images[row]!]!),
    texts: columns.map((column) => gallery.texts[texts[column]!]!),
    imageOf: columns.map((column) => places.get(gallery.imageOf[texts[column]!]!)!),
    scores: { shape: [rows.length, columns.length], data: Float32Array.from(at, (place) => scores.data[place]!) },
  };
};

const byProduct = async (trained: Model, { images, texts }: Gallery, options: ScoreOptions): Promise<Read> => {
  await using searcher = await openPredictor(retrieverOf(trained), options);
  const of = images.length + texts.length;
  const encode = async (examples: readonly Example[], run: Predictor['textFeatures'], before: number) => {
    const read: number[] = [];
    const vectors = new Float32Array(examples.length * searcher.width);
    for await (const { feeds, places } of batchesOf(examples, options.preprocessor)) {
      vectors.set((await run(feeds)).data, read.length * searcher.width);
      read.push(...places);
      options.onProgress?.(before + read.length, of);
    }
    const shape = [read.length, searcher.width];
    return { read, vectors: { shape, data: vectors.subarray(0, countOf(shape)) } };
  };
  const seen = await encode(images, searcher.imageFeatures, 0);
  const said = await encode(texts.map(withoutImages), searcher.textFeatures, images.length);
  options.onProgress?.(of, of);
  return { images: seen.read, texts: said.read, scores: cosines(seen.vectors, said.vectors) };
};

/**
 * The dual encoder as a retriever, also where it was pre-trained, since contrast has given it the projections.
 *
 * @throws UserError where it was not trained to retrieve.
 */
const retrieverOf = ({ config, weights, precision }: Model): Model => {
  if (missingProjection(weights) === undefined)
    return { config: { ...config, purpose: retrievalPurpose }, weights, precision };
  throw new UserError(
    `the model (${config.architecture.name}, ${config.task}) has no itc.image_proj.weight: it was not trained to retrieve: give one that was`,
  );
};

/** The text of an example alone: its image may be one that cannot be read. */
const withoutImages = (example: Example): Example => ({ ...example, images: [] });

/** Batches of the examples that can be read: their feeds, and their indices. */
async function* batchesOf(examples: readonly Example[], preprocessor: Preprocessor) {
  const placeOf = new Map(examples.map((example, place) => [example, place]));
  for await (const { feeds, examples: some } of loadBatches(examples, [...examples.keys()], preprocessor))
    yield { feeds, places: some.map((example) => placeOf.get(example)!) };
}

const byPairs = async (trained: Model, { images, texts }: Gallery, options: ScoreOptions): Promise<Read> => {
  await using session = await compileRanking(trained, options);
  const words: { readonly feeds: Feeds; readonly places: readonly number[] }[] = [];
  for await (const some of batchesOf(texts.map(withoutImages), options.preprocessor)) words.push(some);
  const said = words.flatMap(({ places }) => places);
  const read: number[] = [];
  const scores = new Float32Array(images.length * said.length);
  for await (const { feeds: image, places } of batchesOf(images, { ...options.preprocessor, batch: 1 })) {
    let at = read.length * said.length;
    for (const { feeds, places } of words) {
      const { out } = await session.run<'out'>({ ...repeated(image, places.length), ...feeds });
      scores.set(out.data, at);
      at += places.length;
    }
    read.push(...places);
    options.onProgress?.(read.length, images.length);
  }
  options.onProgress?.(images.length, images.length);
  const shape = [read.length, said.length];
  return { images: read, texts: said, scores: { shape, data: scores.subarray(0, countOf(shape)) } };
};

const compileRanking = async ({ config, weights, precision }: Model, options: ScoreOptions) => {
  const { architecture, task, sizes } = config;
  if (!weights.has('rank_output.weight')) {
    throw new UserError(
      `the model (${architecture.name}, ${task}) has no rank_output: it was not trained to retrieve: give one that was`,
    );
  }
  const p = createParams();
  const [encoded] = architecture.encode(p, inputsFor(sizes), sizes);
  return await compile(
    { out: rankHead(p, encoded!.pair) },
    { weights, threads: options.threads, weightPrecision: precision },
  );
};

/** Repeats the feeds of one image, [1, …], for a number of texts: [count, …]. */
const repeated = (feeds: Feeds, count: number): Feeds =>
  Object.fromEntries(
    Object.entries(feeds)
      .filter(([name]) => name.startsWith('patch'))
      .map(([name, { shape, data }]) => {
        const rows = new Float32Array(count * data.length);
        for (let row = 0; row < count; row += 1) rows.set(data, row * data.length);
        return [name, { shape: [count, ...shape.slice(1)], data: rows }];
      }),
  );
