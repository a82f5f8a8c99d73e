import type { Tensor } from '../../engine/tensor.ts';
import { UserError } from '../../errors.ts';
import type { Objectives } from '../../objectives/objective.ts';
import { dependsOnPlaceholder, type TeacherOutputs, teacherPlaceholder } from '../teacher-outputs/placeholder.ts';
import type { Loss } from './stage.ts';

/** Arguments of an objective: outputs of both models for one batch, and its targets. */
export interface Compared<Outputs> {
  readonly student: Outputs;
  /** Undefined where only ground truth teaches. */
  readonly teacher: Outputs | undefined;
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
export const objectiveLosses = <Outputs extends TeacherOutputs>(
  objectives: Objectives<Outputs>,
  { student, teacher, target }: Compared<Outputs>,
): Record<string, Loss> => {
  const other = teacher ?? teacherPlaceholder(student);
  const entries = Object.entries(objectives).map(([name, { objective, weight }]): [string, Loss] => {
    const loss = objective(student, other, target);
    if (teacher || !dependsOnPlaceholder(loss)) return [name, { loss, weight }];
    throw new UserError(`the objective ${name} compares the student with a teacher, and there is none: give a teacher`);
  });
  return Object.fromEntries(entries);
};
