import { add } from '../engine/ops.ts';
import type { Tensor } from '../engine/tensor.ts';
import type { Answered, Streams } from '../model/outputs.ts';

/**
 * A loss: a scalar, from the outputs of student and teacher for the same batch, and its targets. No gradient flows to
 * the teacher. An objective of ground truth looks at no teacher, and may declare fewer parameters.
 *
 * Outputs are those that the objective looks at; by default all of a model that answers, whose targets are
 * [batch, answers].
 */
export type Objective<Outputs = Answered> = (student: Outputs, teacher: Outputs, target: Tensor) => Tensor;

/** An objective and its weight in the sum. */
export interface Weighted<Outputs = Answered> {
  readonly objective: Objective<Outputs>;
  readonly weight: number;
}

/** Objectives of a run by the names of their curves. */
export type Objectives<Outputs = Answered> = Readonly<Record<string, Weighted<Outputs>>>;

/** Outputs of a head: [batch, answers]. */
export interface Logits {
  readonly logits: Tensor;
}

/** Streams of a text and of each of its images. */
export interface EncodedPairs {
  readonly encoded: readonly Streams[];
}

/** Objective that sums the loss of one pair over the images of an example. */
export const overImages =
  (loss: (student: Streams, teacher: Streams) => Tensor): Objective<EncodedPairs> =>
  (student, teacher) =>
    student.encoded.map((pair, i) => loss(pair, teacher.encoded[i]!)).reduce((a, b) => add(a, b));
