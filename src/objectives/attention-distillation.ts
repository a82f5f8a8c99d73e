import { add, concat } from '../engine/ops.ts';
import type { Tensor } from '../engine/tensor.ts';
import type { Streams } from '../model/outputs.ts';
import {
  type AttentionOptions,
  across,
  crossModalAttentionDistillation,
} from './cross-modal-attention-distillation.ts';
import { type Attention, attentionOf, divergence } from './divergence.ts';
import { lastLayers, layerAt, meanOverLayers } from './layers.ts';
import { type EncodedPairs, type Objective, overImages } from './objective.ts';

/**
 * Uni-modal attention distillation, which the method is compared with: each modality's attention over itself.
 *
 *   L_UA = KL(A_T ‖ A_S) image-to-image + KL(A_T ‖ A_S) text-to-text        Wang et al. 2022, ablations
 *
 * Each softmax runs over the modality's own real tokens.  → scalar
 */
export const uniModalAttentionDistillation = (
  student: Streams,
  teacher: Streams,
  { layers = lastLayers, ...options }: AttentionOptions = {},
): Tensor =>
  meanOverLayers(layers, ({ student: s, teacher: t }) =>
    add(
      divergence(across(teacher.image, teacher.image, t), across(student.image, student.image, s), options),
      divergence(across(teacher.text, teacher.text, t), across(student.text, student.text, s), options),
    ),
  );

/**
 * Whole attention distillation: cross-modal and uni-modal attention, each of the four parts with a softmax of its
 * own.  → scalar
 */
export const wholeAttentionDistillation = (student: Streams, teacher: Streams, options?: AttentionOptions): Tensor =>
  add(
    crossModalAttentionDistillation(student, teacher, options),
    uniModalAttentionDistillation(student, teacher, options),
  );

/**
 * Joint attention distillation, the other reading of "whole attention": one softmax over the tokens of both modalities,
 * as the teacher computes it. The student's queries and keys are put side by side, text first.  → scalar
 */
export const jointAttentionDistillation = (
  student: Streams,
  teacher: Streams,
  { layers = lastLayers, ...options }: AttentionOptions = {},
): Tensor =>
  meanOverLayers(layers, ({ student: s, teacher: t }) => divergence(joint(teacher, t), joint(student, s), options));

const joint = ({ text, image }: Streams, layer: number): Attention => {
  const [words, patches] = [layerAt(text, layer), layerAt(image, layer)];
  const mask = concat([text.mask, image.mask], 1);
  return attentionOf(
    { query: concat([words.query, patches.query], 2), mask },
    { key: concat([words.key, patches.key], 2), mask },
  );
};

/** Uni-modal attention distillation, as an objective: summed over the images of an example. */
export const uniModalAttention = (options?: AttentionOptions): Objective<EncodedPairs> =>
  overImages((student, teacher) => uniModalAttentionDistillation(student, teacher, options));

/** Whole attention distillation in four parts, as an objective: summed over the images of an example. */
export const wholeAttention = (options?: AttentionOptions): Objective<EncodedPairs> =>
  overImages((student, teacher) => wholeAttentionDistillation(student, teacher, options));

/** Joint attention distillation, as an objective: summed over the images of an example. */
export const jointAttention = (options?: AttentionOptions): Objective<EncodedPairs> =>
  overImages((student, teacher) => jointAttentionDistillation(student, teacher, options));
