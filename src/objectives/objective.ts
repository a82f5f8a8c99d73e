import type { Tensor } from '../engine/tensor.ts';
import type { Answered } from '../models/encoded.ts';

/**
 * What a step makes smaller: a scalar out of what student and teacher made of the same batch, and its targets
 * [batch, answers]. Nothing of the teacher gets a gradient.
 */
export type Objective = (student: Answered, teacher: Answered, target: Tensor) => Tensor;

/** An objective and its weight in the sum. */
export interface Weighted {
  readonly objective: Objective;
  readonly weight: number;
  /** Whether it looks at what the teacher made. */
  readonly needsTeacher: boolean;
}

/** The objectives of a run by name; the names are those of the curves. */
export type Objectives = Readonly<Record<string, Weighted>>;
