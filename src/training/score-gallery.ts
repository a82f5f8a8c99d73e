import { collate, type EncodedExample } from '../data/batch.ts';
import type { Example } from '../data/example.ts';
import type { Numbers } from '../engine/numbers.ts';
import { compile } from '../engine/session.ts';
import { UserError } from '../errors.ts';
import { createParams } from '../layers/params.ts';
import { inputsFor } from '../models/encoded.ts';
import { rankHead } from '../models/heads.ts';
import { vilt } from '../models/model.ts';
import type { Gallery } from '../tasks/recall.ts';
import type { Reading } from '../weights/reading.ts';
import { cosines, openSearcher, type Searcher } from '../weights/searcher.ts';
import type { Trained } from '../weights/trained.ts';

export interface ScoreOptions {
  readonly reading: Reading;
  readonly threads?: number;
  /** Called as rows of work are done: images and texts of a dual encoder, images of a fusion encoder. */
  readonly onProgress?: (done: number, of: number) => void;
}

type Gathered = Pick<Gallery, 'images' | 'texts'>;

/**
 * How well every text of a gallery fits every image, [images, texts], higher is better. A dual encoder encodes each
 * once, and a score is a dot product of what `itc` projects them to; a fusion encoder passes over every pair, and its
 * `rank_output` says the score.
 *
 * @throws UserError where the model has not the head for it.
 */
export const scoreGallery = async (trained: Trained, gallery: Gathered, options: ScoreOptions): Promise<Numbers> =>
  trained.description.model === 'dide' ? byProduct(trained, gallery, options) : byPairs(trained, gallery, options);

const byProduct = async (trained: Trained, { images, texts }: Gathered, options: ScoreOptions): Promise<Numbers> => {
  await using searcher = await openSearcher(trained, threadsOf(options));
  const { width } = searcher;
  const of = images.length + texts.length;
  let done = 0;
  const encode = async (examples: readonly Example[], run: Searcher['textVectors']): Promise<Numbers> => {
    const vectors = new Float32Array(examples.length * width);
    for await (const { feeds, at, encoded } of batchesOf(examples, options.reading)) {
      vectors.set((await run(feeds)).data, at * width);
      done += encoded.length;
      options.onProgress?.(done, of);
    }
    return { shape: [examples.length, width], data: vectors };
  };
  return cosines(await encode(images, searcher.imageShares), await encode(texts, searcher.textVectors));
};

const threadsOf = ({ threads }: ScoreOptions) => (threads === undefined ? {} : { threads });

async function* batchesOf(examples: readonly Example[], { prepare, batch, collate: rule }: Reading) {
  for (let at = 0; at < examples.length; at += batch) {
    const encoded = await Promise.all(examples.slice(at, at + batch).map((example) => prepare(example)));
    yield { at, encoded, feeds: collate(encoded, rule) };
  }
}

const byPairs = async (trained: Trained, { images, texts }: Gathered, options: ScoreOptions): Promise<Numbers> => {
  const { model, task, sizes } = trained.description;
  if (!trained.weights.has('rank_output.weight')) {
    throw new UserError(
      `the model (${model}, ${task}) has no rank_output: it was not trained to retrieve: give one that was`,
    );
  }
  const p = createParams();
  const [encoded] = vilt.encode(p, inputsFor(sizes), sizes);
  await using session = await compile(
    { out: rankHead(p, encoded!.pair) },
    { weights: trained.weights, ...threadsOf(options) },
  );
  const { prepare, batch, collate: rule } = options.reading;
  const words: EncodedExample[] = [];
  for await (const { encoded: some } of batchesOf(texts, options.reading)) words.push(...some);
  const scores = new Float32Array(images.length * texts.length);
  for (const [row, image] of images.entries()) {
    const seen = (await prepare(image)).images;
    for (let at = 0; at < words.length; at += batch) {
      const pairs = words.slice(at, at + batch).map((text) => ({ ...text, images: seen }));
      scores.set((await session.run<'out'>(collate(pairs, rule))).out.data, row * texts.length + at);
    }
    options.onProgress?.(row + 1, images.length);
  }
  return { shape: [images.length, texts.length], data: scores };
};
