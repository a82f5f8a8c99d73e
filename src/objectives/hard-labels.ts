import { mean } from '../engine/functions.ts';
import { logSoftmax, multiply, negate, softplus, subtract, sum } from '../engine/ops.ts';
import type { Tensor } from '../engine/tensor.ts';
import type { Logits, Objective } from './objective.ts';

/**
 * Binary cross entropy, summed over the answers, as ViLT trains VQA:
 *
 *   1/B Σ_b Σ_c BCE(z, y)  =  1/B Σ_b Σ_c log(1 + eᶻ) - y z
 *
 * logits, target [batch, answers] → scalar
 */
export const binaryCrossEntropy = (logits: Tensor, target: Tensor): Tensor =>
  mean(sum(subtract(softplus(logits), multiply(target, logits)), [-1]));

/** Cross entropy, -1/B Σ_b Σ_c y log softmax(z). logits, target [batch, answers] → scalar */
export const crossEntropy = (logits: Tensor, target: Tensor): Tensor =>
  negate(mean(sum(multiply(target, logSoftmax(logits)), [-1])));

/** Ground truth where several answers may be right, each with a score (VQA), as an objective. */
export const hardLabelsBinary: Objective<Logits> = (student, _, target) => binaryCrossEntropy(student.logits, target);

/** Ground truth where exactly one answer is right, as an objective. */
export const hardLabels: Objective<Logits> = (student, _, target) => crossEntropy(student.logits, target);
