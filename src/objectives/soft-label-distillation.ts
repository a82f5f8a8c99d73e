import { mean } from '../engine/functions.ts';
import { multiply, sigmoid, stopGradient } from '../engine/ops.ts';
import type { Tensor } from '../engine/tensor.ts';
import { type Direction, divergenceOfLogits } from './divergence.ts';
import { binaryCrossEntropy } from './hard-labels.ts';
import type { Logits, Objective } from './objective.ts';

/**
 * Soft-label distillation by softmax, for tasks with exactly one right answer (NLVR2, SNLI-VE, matching):
 *
 *   L_SL = τ² · 1/B Σ_b KL(softmax(z_T / τ) ‖ softmax(z_S / τ))        logits [batch, answers] → scalar
 */
export const softLabelDivergence = (
  student: Tensor,
  teacher: Tensor,
  { temperature = 1, direction }: SoftLabelOptions = {},
): Tensor => {
  const cooled = (logits: Tensor): Tensor => (temperature === 1 ? logits : multiply(logits, 1 / temperature));
  return multiply(temperature ** 2, mean(divergenceOfLogits(cooled(teacher), cooled(student), direction)));
};

/** Options of soft-label distillation by softmax. */
export interface SoftLabelOptions {
  /** Divides the logits of both before the softmax. Default 1, as in the authors' code. */
  readonly temperature?: number | undefined;
  /** Default teacher-student. */
  readonly direction?: Direction | undefined;
}

/**
 * Soft-label distillation by sigmoid, for tasks where several answers may be right (VQA):
 *
 *   L_SL = 1/B Σ_b Σ_c BCE(z_S, sigmoid(z_T))        logits [batch, answers] → scalar
 */
export const softLabelBinary = (student: Tensor, teacher: Tensor): Tensor =>
  binaryCrossEntropy(student, sigmoid(stopGradient(teacher)));

/** Soft-label distillation by softmax, as an objective. */
export const softLabels =
  (options?: SoftLabelOptions): Objective<Logits> =>
  (student, teacher) =>
    softLabelDivergence(student.logits, teacher.logits, options);

/** Soft-label distillation by sigmoid, as an objective. */
export const softLabelsBinary: Objective<Logits> = (student, teacher) =>
  softLabelBinary(student.logits, teacher.logits);
