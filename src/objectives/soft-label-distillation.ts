import { mean } from '../engine/functions.ts';
import { multiply, sigmoid, stopGradient } from '../engine/ops.ts';
import type { Tensor } from '../engine/tensor.ts';
import { type Direction, divergenceOfLogits } from './divergence.ts';
import { binaryCrossEntropy } from './hard-labels.ts';
import type { Objective } from './objective.ts';

/**
 * For tasks with exactly one right answer (NLVR2, SNLI-VE, matching).
 *
 *   L_SL = τ² · 1/B Σ_b KL(softmax(z_T / τ) ‖ softmax(z_S / τ))        logits [batch, answers] → scalar
 *
 * @param temperature τ, 1 in the authors' code.
 */
export const softLabelDivergence = (
  student: Tensor,
  teacher: Tensor,
  { temperature = 1, direction }: SoftLabelOptions = {},
): Tensor => {
  const cooled = (logits: Tensor): Tensor => (temperature === 1 ? logits : multiply(logits, 1 / temperature));
  return multiply(temperature ** 2, mean(divergenceOfLogits(cooled(teacher), cooled(student), direction)));
};

export interface SoftLabelOptions {
  /** Default 1. */
  readonly temperature?: number | undefined;
  /** Default teacher-student. */
  readonly direction?: Direction | undefined;
}

/**
 * For tasks where several answers may be right (VQA).
 *
 *   L_SL = 1/B Σ_b Σ_c BCE(z_S, sigmoid(z_T))        logits [batch, answers] → scalar
 */
export const softLabelBinary = (student: Tensor, teacher: Tensor): Tensor =>
  binaryCrossEntropy(student, sigmoid(stopGradient(teacher)));

/** L_SL by softmax, as an objective. */
export const softLabels =
  (options?: SoftLabelOptions): Objective =>
  (student, teacher) =>
    softLabelDivergence(student.logits, teacher.logits, options);

/** L_SL by sigmoid, as an objective. */
export const softLabelsBinary: Objective = (student, teacher) => softLabelBinary(student.logits, teacher.logits);
