import { add } from '../engine/ops.ts';
import type { Tensor } from '../engine/tensor.ts';
import { type AttentionOptions, crossModalAttention } from './cross-modal-attention-distillation.ts';
import { hardLabels } from './hard-labels.ts';
import type { Objective } from './objective.ts';
import { softLabels } from './soft-label-distillation.ts';

/** L_ITM: cross entropy against whether a text belongs to its image. Logits and target [batch, 2], no and yes → scalar */
export const imageTextMatching: Objective = hardLabels;

/**
 * What the student learns of matching, from the teacher alone:
 *
 *   L_SL + L_CA, both on the pairs of matching, true and false ones        Wang et al. 2022, §3.3
 */
export const matchingDistillation =
  (options?: AttentionOptions): Objective =>
  (student, teacher, target): Tensor =>
    add(softLabels(options)(student, teacher, target), crossModalAttention(options)(student, teacher, target));
