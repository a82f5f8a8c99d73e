import { collate, type EncodedExample } from '../data/batch.ts';
import type { Example } from '../data/example.ts';
import type { Numbers } from '../engine/numbers.ts';
import { compile, type Session } from '../engine/session.ts';
import type { Tensor } from '../engine/tensor.ts';
import { UserError } from '../errors.ts';
import { createParams } from '../layers/params.ts';
import { imageEncoder, textEncoder } from '../models/dual-encoder.ts';
import { inputsFor } from '../models/encoded.ts';
import { projected, rankHead } from '../models/heads.ts';
import { vilt } from '../models/model.ts';
import type { Gallery } from '../tasks/recall.ts';
import type { Reading } from '../weights/reading.ts';
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

const needed = ({ description, weights }: Trained, name: string): Numbers => {
  const found = weights.get(name);
  if (found) return found;
  throw new UserError(
    `the model (${description.model}, ${description.task}) has no ${name}: it was not trained to retrieve: give one that was`,
  );
};

const byProduct = async (trained: Trained, { images, texts }: Gathered, options: ScoreOptions): Promise<Numbers> => {
  const { sizes } = trained.description;
  const space = needed(trained, 'itc.image_proj.weight').shape[0]!;
  const [p, inputs] = [createParams(), inputsFor(sizes)];
  const graphs = {
    image: (): Tensor => projected(p, 'image', imageEncoder(p, inputs.images[0]!, sizes).first, space),
    text: (): Tensor => projected(p, 'text', textEncoder(p, inputs.text, sizes).first, space),
  };
  const of = images.length + texts.length;
  const encode = async (modality: 'image' | 'text', examples: readonly Example[], before: number) => {
    await using session = await openSession(graphs[modality](), trained, options);
    const vectors = new Float32Array(examples.length * space);
    for await (const { feeds, at } of batchesOf(examples, options.reading)) {
      const { out } = await session.run<'out'>(feeds);
      vectors.set(out.data, at * space);
      options.onProgress?.(before + at + out.shape[0]!, of);
    }
    return vectors;
  };
  const [rows, columns] = [await encode('image', images, 0), await encode('text', texts, images.length)];
  return { shape: [images.length, texts.length], data: product(rows, columns, space) };
};

const openSession = (out: Tensor, { weights }: Trained, { threads }: ScoreOptions): Promise<Session> =>
  compile({ out }, { weights, ...(threads === undefined ? {} : { threads }) });

/** u_v · u_t for each image and text. The temperature changes no order and is left out. */
const product = (rows: Float32Array, columns: Float32Array, width: number): Float32Array => {
  const [height, count] = [rows.length / width, columns.length / width];
  const scores = new Float32Array(height * count);
  for (let i = 0; i < height; i += 1) {
    for (let j = 0; j < count; j += 1) {
      let sum = 0;
      for (let k = 0; k < width; k += 1) sum += rows[i * width + k]! * columns[j * width + k]!;
      scores[i * count + j] = sum;
    }
  }
  return scores;
};

async function* batchesOf(examples: readonly Example[], { prepare, batch, collate: rule }: Reading) {
  for (let at = 0; at < examples.length; at += batch) {
    const encoded = await Promise.all(examples.slice(at, at + batch).map(prepare));
    yield { at, encoded, feeds: collate(encoded, rule) };
  }
}

const byPairs = async (trained: Trained, { images, texts }: Gathered, options: ScoreOptions): Promise<Numbers> => {
  needed(trained, 'rank_output.weight');
  const [p, { sizes }] = [createParams(), trained.description];
  const [encoded] = vilt.encode(p, inputsFor(sizes), sizes);
  await using session = await openSession(rankHead(p, encoded!.pair), trained, options);
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
