import { mean } from '../engine/functions.ts';
import {
  add,
  eye,
  isPositive,
  logSoftmax,
  multiply,
  reshape,
  slice,
  stopGradient,
  subtract,
  sum,
} from '../engine/ops.ts';
import type { Size } from '../engine/shapes.ts';
import type { Tensor } from '../engine/tensor.ts';
import type { Candidates } from './candidates.ts';
import type { Objective } from './objective.ts';

/** Score of an excluded candidate, instead of -Infinity: its probability is exactly 0 in float32. */
const EXCLUDED = -10_000;

/**
 * Contrastive partial ranking distillation (Chen et al. 2024, arXiv 2407.07479): of the teacher's scores only the order
 * of the hard negatives teaches. Each hard negative must be told from those that the teacher ranks lower, as L_ITC
 * tells a match from all others:
 *
 *   L = ½ (R over each image's texts + R over each text's images)
 *   R = -1/B Σ_b 1/(k-1) Σ_i log (e^{s_i} / (e^{s_i} + Σ_{j: t_j < t_i} e^{s_j}))        i, j among the k hard negatives
 *
 * Neither the matched pair, which L_ITC teaches, nor easy negatives have a part in it. Candidates that the teacher finds
 * equal are not compared. Candidates [batch, 1 + k], k at least 2 → scalar
 */
export const partialRanking: Objective<Candidates> = (student, teacher) =>
  multiply(add(rankingLoss(student.texts, teacher.texts), rankingLoss(student.images, teacher.images)), 0.5);

const rankingLoss = (student: Tensor, teacher: Tensor): Tensor => {
  const [batch, count] = student.shape as readonly [Size, number];
  const k = count - 1;
  const [s, t] = [negatives(student), stopGradient(negatives(teacher))];
  const column = (x: Tensor): Tensor => reshape(x, [batch, k, 1]);
  const row = (x: Tensor): Tensor => reshape(x, [batch, 1, k]);
  // [batch, i, j]: whether j is ranked lower than i, or is i
  const compared = add(isPositive(subtract(column(t), row(t))), eye(k));
  const logProbabilities = logSoftmax(add(row(s), multiply(subtract(1, compared), EXCLUDED)));
  return multiply(mean(sum(multiply(logProbabilities, eye(k)), [1, 2])), -1 / (k - 1));
};

const negatives = (scores: Tensor): Tensor => slice(scores, 1, 1, scores.shape[1]!);
