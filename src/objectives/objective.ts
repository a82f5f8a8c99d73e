import { add } from '../engine/ops.ts';
import type { Tensor } from '../engine/tensor.ts';
import type { Answered, Encoded } from '../model/outputs.ts';

/**
 * What a step makes smaller: a scalar out of what student and teacher made of the same batch, and its targets
 * [batch, answers]. Nothing of the teacher gets a gradient.
 */
export type Objective = (student: Answered, teacher: Answered, target: Tensor) => Tensor;

/** An objective and its weight in the sum. */
export interface Weighted {
  readonly objective: Objective;
  readonly weight: number;
}

/** The objectives of a run by name; the names are those of the curves. */
export type Objectives = Readonly<Record<string, Weighted>>;

/** A term that compares one encoded pair, as an objective: its sum over the images of an example. */
export const overImages =
  (term: (student: Encoded, teacher: Encoded) => Tensor): Objective =>
  (student, teacher) =>
    student.encoded.map((encoded, i) => term(encoded, teacher.encoded[i]!)).reduce((a, b) => add(a, b));
