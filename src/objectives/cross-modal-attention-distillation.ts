import { add } from '../engine/ops.ts';
import type { Tensor } from '../engine/tensor.ts';
import type { Encoded, Stream } from '../models/encoded.ts';
import { type Attention, attentionOf, type DivergenceOptions, divergence } from './divergence.ts';
import type { Objective } from './objective.ts';

/**
 * The student computes the attention it never uses, and must match the teacher's.
 *
 *   L_CA = KL(A_T ‖ A_S) image-to-text + KL(A_T ‖ A_S) text-to-image        Wang et al. 2022, §3.2
 *
 * Last layer only; each softmax runs over the other modality's real tokens alone, so the teacher's attention is
 * recomputed from its queries and keys, not cut out of its joint softmax.  → scalar
 */
export const crossModalAttentionDistillation = (
  student: Encoded,
  teacher: Encoded,
  options?: DivergenceOptions,
): Tensor =>
  add(
    divergence(across(teacher.image, teacher.text), across(student.image, student.text), options),
    divergence(across(teacher.text, teacher.image), across(student.text, student.image), options),
  );

/** The last layer's attention of one modality's tokens over the other's. */
export const across = (asking: Stream, asked: Stream): Attention =>
  attentionOf(
    { query: asking.layers.at(-1)!.query, mask: asking.mask },
    { key: asked.layers.at(-1)!.key, mask: asked.mask },
  );

/** L_CA summed over the images of a pair, as an objective. */
export const crossModalAttention =
  (options?: DivergenceOptions): Objective =>
  (student, teacher) =>
    student.encoded
      .map((encoded, i) => crossModalAttentionDistillation(encoded, teacher.encoded[i]!, options))
      .reduce((a, b) => add(a, b));
