import type { Model } from '../checkpoints/model-file.ts';
import type { Feeds } from '../data/batch.ts';
import { createTokenizer, type Tokenizer } from '../data/tokenizer.ts';
import type { Numbers } from '../engine/numbers.ts';
import { UserError } from '../errors.ts';
import { architectureOf } from '../model/config.ts';
import { imageEncoder, textEncoder } from '../model/dual-encoder.ts';
import { inputsFor } from '../model/encoded.ts';
import { projected } from '../model/heads.ts';
import { createParams } from '../model/params.ts';
import { type ImageEncoder, identityOf } from './image-encoder.ts';
import { openLazily } from './lazy-session.ts';

/**
 * A dual encoder that finds images by texts, at work: each becomes a vector u of length 1, and how well they fit is
 * u_t · u_v. It owns its inference sessions: close it, or let `await using` do it. Calls may overlap.
 */
export interface Retriever extends ImageEncoder, AsyncDisposable {
  readonly tokenizer: Tokenizer;
  /** u_v: the feeds of images, as `collate` makes them → [images, width] */
  imageFeatures(feeds: Feeds): Promise<Numbers<Float32Array>>;
  /** u_t: the feeds of texts → [texts, width] */
  textVectors(feeds: Feeds): Promise<Numbers<Float32Array>>;
  /** Frees the sessions; calls under way end first, and calls after it throw. */
  close(): Promise<void>;
}

const IMAGE_PROJECTION = 'itc.image_proj.weight';

/**
 * Makes a trained dual encoder ready to search. Each part is compiled when it is first used; the weights are read where
 * they lie and must not change until it is closed.
 *
 * @throws UserError where the model is no dual encoder, or was not trained to retrieve.
 */
export const openRetriever = async (
  trained: Model,
  options: { readonly threads?: number | undefined } = {},
): Promise<Retriever> => {
  const { config, weights } = trained;
  const { model, task, sizes } = config;
  if (architectureOf({ model }).name !== 'dide') {
    throw new UserError(
      `openSearcher: the model is ${model}, which encodes no image without a text: give a student (dide) of retrieval`,
    );
  }
  const width = weights.get(IMAGE_PROJECTION)?.shape[0];
  if (width === undefined) {
    throw new UserError(
      `the model (${model}, ${task}) has no ${IMAGE_PROJECTION}: it was not trained to retrieve: give one that was`,
    );
  }
  const [p, inputs] = [createParams(), inputsFor(sizes)];
  const runs = {
    image: openLazily(
      () => projected(p, 'image', imageEncoder(p, inputs.images[0]!, sizes).first, width),
      trained,
      options,
    ),
    text: openLazily(() => projected(p, 'text', textEncoder(p, inputs.text, sizes).first, width), trained, options),
  };
  const close = async (): Promise<void> => {
    await Promise.all([runs.image.close(), runs.text.close()]);
  };
  return {
    config,
    width,
    tokenizer: createTokenizer(config.vocabulary),
    identity: identityOf(trained, IMAGE_PROJECTION),
    imageFeatures: (feeds) => runs.image.run(feeds),
    textVectors: (feeds) => runs.text.run(feeds),
    close,
    [Symbol.asyncDispose]: close,
  };
};

/**
 * u_v · u_t of every image and text, the cosines of their angles: [images, width], [texts, width] → [images, texts].
 * The temperature changes no order and is left out.
 */
export const cosines = (images: Numbers, texts: Numbers): Numbers<Float32Array> => {
  const [rows, width] = images.shape as [number, number];
  const columns = texts.shape[0]!;
  const data = new Float32Array(rows * columns);
  for (let i = 0; i < rows; i += 1) {
    for (let j = 0; j < columns; j += 1) {
      let sum = 0;
      for (let k = 0; k < width; k += 1) sum += images.data[i * width + k]! * texts.data[j * width + k]!;
      data[i * columns + j] = sum;
    }
  }
  return { shape: [rows, columns], data };
};
