import { add, softmax } from '../../engine/ops.ts';
import type { Tensor } from '../../engine/tensor.ts';
import { maskBias } from '../../model/attention.ts';
import type { ModelConfig } from '../../model/config.ts';
import { type Inputs, inputsFor } from '../../model/inputs.ts';
import { createParams } from '../../model/params.ts';
import { across } from '../../objectives/cross-modal-attention-distillation.ts';
import type { Attention } from '../../objectives/divergence.ts';

/**
 * Outputs of a graph that looks at pairs: the last layer's attention of each modality to the other. The row of a real token
 * sums to 1 over the real tokens of the other modality, including [CLS]; padding gets 0. Rows of padding are undefined.
 */
export interface CrossAttention {
  /** Attention of words to image tokens, the image's [CLS] first: [examples, heads, words, 1 + patches]. */
  readonly textToImage: Tensor;
  /** Attention of image tokens to words: [examples, heads, 1 + patches, words]. */
  readonly imageToText: Tensor;
  /** Logits, [examples, answers]; absent of a model that answers nothing. */
  readonly logits?: Tensor;
}

/** Which image of an example is looked at, and its inputs. */
export interface CrossAttentionOptions {
  /** Index of the image of each example. Default 0. */
  readonly image?: number | undefined;
  /** Input tensors of the feeds. Default: those of the model's sizes. */
  readonly inputs?: Inputs | undefined;
}

/**
 * Cross-modal attention of a model in both directions, as L_CA compares it (Wang et al. 2022, §3.2), and its logits. A dual
 * encoder does not use this attention for its outputs: it is computed from its queries and keys.
 *
 * @throws Error where an example has no such image.
 */
export const crossAttention = (
  config: ModelConfig,
  { image = 0, inputs = inputsFor(config.sizes, { images: config.images }) }: CrossAttentionOptions = {},
): CrossAttention => {
  const { architecture, purpose, sizes, images, task } = config;
  const p = createParams();
  const encoded = architecture.encode(p, inputs, sizes);
  const seen = encoded[image];
  if (!seen) throw new Error(`crossAttention: no image ${image}: an example of ${task} has ${images}, counted from 0`);
  const pairs = encoded.map(({ pair }) => pair);
  return {
    textToImage: shares(across(seen.text, seen.image)),
    imageToText: shares(across(seen.image, seen.text)),
    ...(purpose.logits ? { logits: purpose.logits(config, p, pairs) } : {}),
  };
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
