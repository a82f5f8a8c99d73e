import type { Tensor } from '../engine/tensor.ts';
import type { Answered } from '../models/encoded.ts';

/**
 * What a step makes smaller: a scalar out of what student and teacher made of the same batch, and its targets
 * [batch, answers]. Nothing of the teacher gets a gradient.
 */
export type Objective = (student: Answered, teacher: Answered, target: Tensor) => Tensor;

/** The objectives of a run by name, each with its weight in the sum; the names are those of the curves. */
export type Objectives = Readonly<Record<string, { readonly objective: Objective; readonly weight: number }>>;
