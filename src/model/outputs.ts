import type { Tensor } from '../engine/tensor.ts';
import type { Layer } from './attention.ts';

/** Hidden states of one modality: every layer, so that an objective can compare whichever it needs. */
export interface Stream {
  /** 1 for a real token, 0 for padding, [CLS] included: [batch, tokens]. */
  readonly mask: Tensor;
  /** Embeddings before the first block: [batch, tokens, width]. */
  readonly embedded: Tensor;
  readonly layers: readonly Layer[];
  /** All tokens after the final LayerNorm: [batch, tokens, width]. */
  readonly last: Tensor;
  /**
   * [CLS] after the final LayerNorm, [batch, 1, width], or the mean of all tokens, where the sizes say so. A graph that
   * reads [CLS] alone computes no other token of the last block.
   */
  readonly first: Tensor;
}

/** Hidden states of both modalities, encoded together or apart. */
export interface Streams {
  readonly text: Stream;
  readonly image: Stream;
}

/**
 * Hidden states and pair vector of an image-text pair: the contract between models and objectives, the same for teacher
 * and student. A tensor that no output depends on never reaches the graph.
 */
export interface Encoded extends Streams {
  /** Vector that the head reads: [batch, width]. */
  readonly pair: Tensor;
}

/** Outputs of a model that answers: one `Encoded` an image, and the logits of its head. */
export interface Answered {
  readonly encoded: readonly Encoded[];
  /** [batch, answers]. */
  readonly logits: Tensor;
}

/** Outputs for `PairedInputs`: texts and images encoded once and paired twice. */
export interface Paired {
  /** Each text with its own image. */
  readonly own: Encoded;
  /** Each text with its ITM image. */
  readonly matching: Encoded;
}
