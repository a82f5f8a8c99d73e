import { add } from '../engine/ops.ts';
import type { Tensor } from '../engine/tensor.ts';
import type { Stream, Streams } from '../model/outputs.ts';
import { type Attention, attentionOf, type DivergenceOptions, divergence } from './divergence.ts';
import { type LayerPair, lastLayers, layerAt, meanOverLayers } from './layers.ts';
import { type EncodedPairs, type Objective, overImages } from './objective.ts';

/** Options of attention distillation. */
export interface AttentionOptions extends DivergenceOptions {
  /** Layers that are compared; the loss is the mean over them. Default: the last with the last. */
  readonly layers?: readonly LayerPair[] | undefined;
}

/**
 * Cross-modal attention distillation: the student computes an attention between text and image that its answers never
 * use, and must match the teacher's.
 *
 *   L_CA = KL(A_T ‖ A_S) image-to-text + KL(A_T ‖ A_S) text-to-image        Wang et al. 2022, §3.2
 *
 * Each softmax runs over the other modality's real tokens alone, so the teacher's attention is recomputed from its
 * queries and keys, not cut out of its joint softmax.  → scalar
 */
export const crossModalAttentionDistillation = (
  student: Streams,
  teacher: Streams,
  { layers = lastLayers, ...options }: AttentionOptions = {},
): Tensor =>
  meanOverLayers(layers, ({ student: s, teacher: t }) =>
    add(
      divergence(across(teacher.image, teacher.text, t), across(student.image, student.text, s), options),
      divergence(across(teacher.text, teacher.image, t), across(student.text, student.image, s), options),
    ),
  );

/** Attention of a modality's tokens over those of another, or over its own, in one layer. Default: the last layer. */
export const across = (asking: Stream, asked: Stream, layer = -1): Attention =>
  attentionOf(
    { query: layerAt(asking, layer).query, mask: asking.mask },
    { key: layerAt(asked, layer).key, mask: asked.mask },
  );

/** Cross-modal attention distillation, as an objective: L_CA summed over the images of an example. */
export const crossModalAttention = (options?: AttentionOptions): Objective<EncodedPairs> =>
  overImages((student, teacher) => crossModalAttentionDistillation(student, teacher, options));
