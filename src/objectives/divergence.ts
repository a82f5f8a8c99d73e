import { mean } from '../engine/functions.ts';
import { add, divide, exp, expand, logSoftmax, multiply, reshape, stopGradient, subtract, sum } from '../engine/ops.ts';
import type { Tensor } from '../engine/tensor.ts';
import { maskBias, scores } from '../model/attention.ts';

/**
 * Direction of the divergence: `teacher-student` is KL(teacher ‖ student), the authors' code; `student-teacher` is the
 * other reading of the paper.
 */
export type Direction = 'teacher-student' | 'student-teacher';

/** Attention before its softmax, with the masks of its queries and keys. */
export interface Attention {
  /** [batch, heads, queries, keys]. */
  readonly scores: Tensor;
  /** 1 real, 0 padding: [batch, keys]. */
  readonly keys: Tensor;
  /** 1 real, 0 padding: [batch, queries]. */
  readonly queries: Tensor;
}

/** Attention of some tokens, given by their queries, over others, given by their keys. */
export const attentionOf = (from: { query: Tensor; mask: Tensor }, over: { key: Tensor; mask: Tensor }): Attention => ({
  scores: scores(from.query, over.key),
  keys: over.mask,
  queries: from.mask,
});

/**
 * Σ p (log p - log q) over the last axis. Logarithms are taken of softmaxes whose masked scores are large and negative,
 * never infinite: 0 · -∞ would be NaN.
 */
const relativeEntropy = (logP: Tensor, logQ: Tensor): Tensor => sum(multiply(exp(logP), subtract(logP, logQ)), [-1]);

/** KL between rows of logits, [..., classes] → [...]. No gradient flows to the teacher. */
export const divergenceOfLogits = (
  teacher: Tensor,
  student: Tensor,
  direction: Direction = 'teacher-student',
): Tensor => {
  const [t, s] = [logSoftmax(stopGradient(teacher)), logSoftmax(student)];
  return direction === 'teacher-student' ? relativeEntropy(t, s) : relativeEntropy(s, t);
};

/**
 * Queries over which attention is averaged: `all`, padding included (the authors' code), `valid`, those of real tokens
 * alone, or `valid-per-example`, these with the same weight for each example, however many tokens it has.
 */
export type QueryMask = 'all' | 'valid' | 'valid-per-example';

/** Options of the divergence of attentions. */
export interface DivergenceOptions {
  /** Default teacher-student. */
  readonly direction?: Direction | undefined;
  /** Default all: then the loss depends on how far texts are padded. */
  readonly queries?: QueryMask | undefined;
}

/** KL of each query's attention over the real keys, averaged over batch, heads and queries. -> scalar */
export const divergence = (
  teacher: Attention,
  student: Attention,
  { direction, queries = 'all' }: DivergenceOptions = {},
): Tensor => {
  const masked = ({ scores, keys }: Attention): Tensor => add(scores, maskBias(keys));
  const rows = divergenceOfLogits(masked(teacher), masked(student), direction);
  if (queries === 'all') return mean(rows);
  const [batch, , count] = rows.shape;
  const valid = expand(reshape(teacher.queries, [batch!, 1, count!]), rows.shape);
  const over = queries === 'valid' ? [0, 1, 2] : [1, 2];
  return mean(divide(sum(multiply(rows, valid), over), sum(valid, over)));
};
