import type { Model } from '../checkpoints/model-file.ts';
import { isRetrieving } from '../checkpoints/retrieving.ts';
import type { Feeds } from '../data/batch.ts';
import { createTokenizer, type Tokenizer } from '../data/tokenizer.ts';
import type { Numbers } from '../engine/numbers.ts';
import { input, type Tensor } from '../engine/tensor.ts';
import { UserError } from '../errors.ts';
import { headOver } from '../model/architecture.ts';
import { architectureOf, type ModelConfig } from '../model/config.ts';
import { imageEncoder, textEncoder } from '../model/dual-encoder.ts';
import { inputsFor } from '../model/encoded.ts';
import { imageFeatures, interactionOfFeatures, textFeatures } from '../model/interaction.ts';
import { createParams } from '../model/params.ts';
import { type ImageEncoder, identityOf } from './image-encoder.ts';
import { openLazily } from './lazy-session.ts';

/**
 * A dual encoder at work: texts and images are encoded apart, as their shares of the interaction's first layer
 * (A [t; v] = A_t t + A_v v), and what is left for each pair of them is small. It owns its inference sessions: close
 * it, or let `await using` do it. Calls may overlap; each session takes them one after the other.
 */
export interface Student extends ImageEncoder, AsyncDisposable {
  readonly tokenizer: Tokenizer;
  /** A_t t + a: the feeds of texts, as `collate` makes them → [texts, 2 width] */
  textFeatures(feeds: Feeds): Promise<Numbers<Float32Array>>;
  /** A_v v: the feeds of images, as `collate` makes them → [images, 2 width] */
  imageFeatures(feeds: Feeds): Promise<Numbers<Float32Array>>;
  /** Logits of one text [1, 2 width] about many images [images, 2 width], or of as many texts → [images, answers] */
  answers(textFeatures: Numbers, imageFeatures: Numbers): Promise<Numbers<Float32Array>>;
  /** Frees the sessions; calls under way end first, and calls after it throw. */
  close(): Promise<void>;
}

export interface OpenStudentOptions {
  /** Default: the processors that this process may use. */
  readonly threads?: number | undefined;
}

/**
 * Makes a trained dual encoder ready to encode and to answer. Each part is compiled when it is first used; the weights
 * are read where they lie and must not change until it is closed.
 *
 * @throws UserError where the model is no dual encoder, searches instead of answering, or answers about pairs of
 * images.
 */
export const openStudent = async (trained: Model, options: OpenStudentOptions = {}): Promise<Student> => {
  const { config } = trained;
  checkServable(config);
  const graphs = graphsOf(config);
  const runs = {
    text: openLazily(graphs.text, trained, options),
    image: openLazily(graphs.image, trained, options),
    oneText: openLazily(() => graphs.answers(1), trained, options),
    manyTexts: openLazily(() => graphs.answers('images'), trained, options),
  };
  const close = async (): Promise<void> => {
    await Promise.all(Object.values(runs).map((run) => run.close()));
  };
  return {
    config,
    width: 2 * config.sizes.width,
    tokenizer: createTokenizer(config.vocabulary),
    identity: identityOf(trained, 'fusion.0.weight'),
    textFeatures: (feeds) => runs.text.run(feeds),
    imageFeatures: (feeds) => runs.image.run(feeds),
    answers: (text, images) =>
      (text.shape[0] === 1 ? runs.oneText : runs.manyTexts).run({ text_shares: text, image_shares: images }),
    close,
    [Symbol.asyncDispose]: close,
  };
};

const checkServable = (config: ModelConfig): void => {
  const { model, images, task } = config;
  if (architectureOf({ model }).name !== 'dide') {
    throw new UserError(
      `openStudent: the model is ${model}, which encodes no image without a text: give a student (dide) distilled from it`,
    );
  }
  if (isRetrieving(config)) {
    throw new UserError(
      `openStudent: the model (${task}) searches instead of answering: open it with openSearcher, or give one that answers`,
    );
  }
  if (images !== 1) {
    throw new UserError(
      `openStudent: the model (${task}) answers about ${images} images together: give one that answers about one image`,
    );
  }
};

/** The parts of a dual encoder, each a graph of its own. */
export const graphsOf = ({ sizes, task, answers }: ModelConfig) => {
  const p = createParams();
  const { text, images } = inputsFor(sizes);
  return {
    text: (): Tensor => textFeatures(p, textEncoder(p, text, sizes).pooled),
    image: (): Tensor => imageFeatures(p, imageEncoder(p, images[0]!, sizes).pooled),
    answers: (texts: 1 | 'images'): Tensor => {
      const shares = [
        input('text_shares', [texts, 2 * sizes.width]),
        input('image_shares', ['images', 2 * sizes.width]),
      ] as const;
      return headOver(p, [interactionOfFeatures(p, ...shares)], { sizes, head: { task, answers: answers.length } });
    },
  };
};
