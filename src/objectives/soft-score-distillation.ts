import { add, multiply } from '../engine/ops.ts';
import type { Candidates } from './candidates.ts';
import type { Objective } from './objective.ts';
import { type SoftLabelOptions, softLabelDivergence } from './soft-label-distillation.ts';

/**
 * Soft-score distillation: the student's scores of the candidates must be distributed as the teacher's.
 *
 *   L = ½ τ² (KL over each image's texts + KL over each text's images)
 *   KL = 1/B Σ_b KL(softmax(t_b / τ) ‖ softmax(s_b / τ))        the matched pair and its k hard negatives
 *
 * Candidates [batch, 1 + k] of both → scalar
 */
export const softScores =
  (options?: SoftLabelOptions): Objective<Candidates> =>
  (student, teacher) =>
    multiply(
      add(
        softLabelDivergence(student.texts, teacher.texts, options),
        softLabelDivergence(student.images, teacher.images, options),
      ),
      0.5,
    );
