import { mean } from '../engine/functions.ts';
import { logSoftmax, multiply, negate, softplus, subtract, sum } from '../engine/ops.ts';
import type { Tensor } from '../engine/tensor.ts';
import type { Objective } from './objective.ts';

/**
 *   1/B Σ_b Σ_c BCE(z, y)  =  1/B Σ_b Σ_c log(1 + eᶻ) - y z
 *
 * Summed over the answers, as ViLT trains VQA. logits, target [batch, answers] → scalar
 */
export const binaryCrossEntropy = (logits: Tensor, target: Tensor): Tensor =>
  mean(sum(subtract(softplus(logits), multiply(target, logits)), [-1]));

/** -1/B Σ_b Σ_c y log softmax(z). logits, target [batch, answers] → scalar */
export const crossEntropy = (logits: Tensor, target: Tensor): Tensor =>
  negate(mean(sum(multiply(target, logSoftmax(logits)), [-1])));

/** Ground truth for VQA: several answers may be right, each by its share. */
export const hardLabelsBinary: Objective = (student, _, target) => binaryCrossEntropy(student.logits, target);

/** Ground truth where exactly one answer is right. */
export const hardLabels: Objective = (student, _, target) => crossEntropy(student.logits, target);
