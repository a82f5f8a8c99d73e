import { add, compile, createParams, maskBias, mean, type Numbers, softmax, type Tensor } from '../../engine.ts';
import type { Model } from '../../index.ts';
import { type Inputs, inputsFor } from '../../model.ts';
import { type Attention, across } from '../../training.ts';

type Floats = Numbers<Float32Array>;

/**
 * The last layer's attention of each modality to the other. The row of a real token sums to 1 over the real tokens of
 * the other modality, including [CLS]; padding gets 0. Rows of padding are undefined.
 */
export interface CrossAttention {
  /** Attention of words to image tokens, mean over heads: [examples, words, 1 + patches], the image's [CLS] first. */
  readonly textToImage: Floats;
  /** [examples, heads, words, 1 + patches]. */
  readonly textToImageHeads: Floats;
  /** Attention of image tokens to words, mean over heads: [examples, 1 + patches, words]. */
  readonly imageToText: Floats;
  /** [examples, heads, 1 + patches, words]. */
  readonly imageToTextHeads: Floats;
}

export interface CrossAttentionOptions {
  /** Index of the image of each example. Default 0. */
  readonly image?: number | undefined;
  /** Input tensors of the feeds. Default: those of the model's sizes. */
  readonly inputs?: Inputs | undefined;
  /** Threads of the session. Default: the runtime's choice. */
  readonly threads?: number | undefined;
}

/**
 * Cross-modal attention of a model in both directions, as L_CA compares it (Wang et al. 2022, §3.2). A dual encoder
 * does not use it for its outputs: it is computed from its queries and keys.
 *
 * @param feeds one batch from `collate`.
 * @throws Error where a feed is missing or does not fit, or where the pair has no such image.
 */
export const crossAttention = async (
  { config, weights }: Model,
  feeds: Readonly<Record<string, Numbers>>,
  { image = 0, inputs, threads }: CrossAttentionOptions = {},
): Promise<CrossAttention> => {
  const { architecture, sizes, images, task } = config;
  const encoded = architecture.encode(createParams(), inputs ?? inputsFor(sizes, { images }), sizes);
  const pair = encoded[image];
  if (!pair) throw new Error(`crossAttention: no image ${image}: an example of ${task} has ${images}, counted from 0`);
  const textToImageHeads = shares(across(pair.text, pair.image));
  const imageToTextHeads = shares(across(pair.image, pair.text));
  const outputs = {
    textToImage: mean(textToImageHeads, [1]),
    textToImageHeads,
    imageToText: mean(imageToTextHeads, [1]),
    imageToTextHeads,
  };
  await using session = await compile(outputs, { parameters: weights, threads });
  return await session.run<keyof typeof outputs>(feeds);
};

/** softmax(Q Kᵀ / √d + bias) over the real keys: [batch, heads, queries, keys]. */
const shares = ({ scores, keys }: Attention): Tensor => softmax(add(scores, maskBias(keys)));

/** Mean KL divergence over rows of probabilities, KL(p ‖ q), in nats. */
export const meanDivergence = (p: readonly (readonly number[])[], q: readonly (readonly number[])[]): number =>
  p.reduce((sum, row, i) => sum + relativeEntropy(row, q[i]!), 0) / p.length;

/** Smallest probability: float32 rounds smaller ones to 0, whose logarithm is infinite. */
const LEAST = 1e-38;

const relativeEntropy = (p: readonly number[], q: readonly number[]): number =>
  p.reduce((sum, share, i) => (share > 0 ? sum + share * Math.log(share / Math.max(q[i]!, LEAST)) : sum), 0);
