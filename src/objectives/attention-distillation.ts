import { add, concat } from '../engine/ops.ts';
import type { Tensor } from '../engine/tensor.ts';
import type { Encoded } from '../model/outputs.ts';
import {
  type AttentionOptions,
  across,
  crossModalAttentionDistillation,
} from './cross-modal-attention-distillation.ts';
import { type Attention, attentionOf, divergence } from './divergence.ts';
import { lastLayers, layerAt, meanOverLayers } from './layers.ts';
import { type Objective, overImages } from './objective.ts';

/**
 * What the method is compared with: each modality's attention over itself.
 *
 *   L_UA = KL(A_T ‖ A_S) image-to-image + KL(A_T ‖ A_S) text-to-text        Wang et al. 2022, ablations
 *
 * Each softmax runs over the modality's own real tokens.  → scalar
 */
export const uniModalAttentionDistillation = (
  student: Encoded,
  teacher: Encoded,
  { layers = lastLayers, ...options }: AttentionOptions = {},
): Tensor =>
  meanOverLayers(layers, ({ student: s, teacher: t }) =>
    add(
      divergence(across(teacher.image, teacher.image, t), across(student.image, student.image, s), options),
      divergence(across(teacher.text, teacher.text, t), across(student.text, student.text, s), options),
    ),
  );

/** All four parts of the attention, each with a softmax of its own: cross-modal and uni-modal.  → scalar */
export const wholeAttentionDistillation = (student: Encoded, teacher: Encoded, options?: AttentionOptions): Tensor =>
  add(
    crossModalAttentionDistillation(student, teacher, options),
    uniModalAttentionDistillation(student, teacher, options),
  );

/**
 * The other reading of the whole attention: one softmax over the tokens of both modalities, as the teacher computes it.
 * The student's queries and keys are put side by side, text first.  → scalar
 */
export const jointAttentionDistillation = (
  student: Encoded,
  teacher: Encoded,
  { layers = lastLayers, ...options }: AttentionOptions = {},
): Tensor =>
  meanOverLayers(layers, ({ student: s, teacher: t }) => divergence(joint(teacher, t), joint(student, s), options));

const joint = ({ text, image }: Encoded, layer: number): Attention => {
  const [words, patches] = [layerAt(text, layer), layerAt(image, layer)];
  const mask = concat([text.mask, image.mask], 1);
  return attentionOf(
    { query: concat([words.query, patches.query], 2), mask },
    { key: concat([words.key, patches.key], 2), mask },
  );
};

/** Uni-modal attention distillation, as an objective. */
export const uniModalAttention = (options?: AttentionOptions): Objective =>
  overImages((student, teacher) => uniModalAttentionDistillation(student, teacher, options));

/** Whole attention distillation in four parts, as an objective. */
export const wholeAttention = (options?: AttentionOptions): Objective =>
  overImages((student, teacher) => wholeAttentionDistillation(student, teacher, options));

/** Whole attention distillation under one softmax, as an objective. */
export const jointAttention = (options?: AttentionOptions): Objective =>
  overImages((student, teacher) => jointAttentionDistillation(student, teacher, options));
