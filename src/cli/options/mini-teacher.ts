import { existsSync } from 'node:fs';
import { UserError } from '../../index.ts';
import { SHIPPED_TEACHER } from '../../studies/teacher/mini-teacher.ts';
import { commandOf } from '../terminal/quote.ts';

/**
 * Path of the teacher of a study: the given one, or the one that comes with the package.
 *
 * @throws UserError where it is missing.
 */
export const teacherFile = (teacher = SHIPPED_TEACHER): string => {
  if (existsSync(teacher)) return teacher;
  throw new UserError(`${teacher}: no such file: train one with: ${commandOf(['dide', 'teacher', '--out', teacher])}`);
};
