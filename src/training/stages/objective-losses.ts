import type { Tensor } from '../../engine/tensor.ts';
import { UserError } from '../../errors.ts';
import type { Answered } from '../../model/outputs.ts';
import type { Objectives } from '../../objectives/objective.ts';
import { dependsOnPlaceholder, teacherPlaceholder } from '../teacher-outputs/placeholder.ts';
import type { Loss } from './stage.ts';

/** Outputs of both models for one batch, and its targets: the arguments of an objective. */
export interface Compared {
  readonly student: Answered;
  /** Undefined where only ground truth teaches. */
  readonly teacher: Answered | undefined;
  readonly target: Tensor;
}

/**
 * Loss of each objective, under the objective's name.
 *
 * Without a teacher the objectives are built over a placeholder, whose tensors are then looked for in each loss: so an
 * objective of ground truth runs alone, and one that compares with a teacher is found out.
 *
 * @throws UserError which names an objective that depends on a teacher where there is none.
 */
export const objectiveLosses = (
  objectives: Objectives,
  { student, teacher, target }: Compared,
): Record<string, Loss> => {
  const other = teacher ?? teacherPlaceholder(student);
  const entries = Object.entries(objectives).map(([name, { objective, weight }]): [string, Loss] => {
    const loss = objective(student, other, target);
    if (teacher || !dependsOnPlaceholder(loss)) return [name, { loss, weight }];
    throw new UserError(`the objective ${name} compares the student with a teacher, and there is none: give a teacher`);
  });
  return Object.fromEntries(entries);
};
