import { fieldError, RowError } from '../../files/json-lines.ts';
import { type ScoredAnswer, scoredLabel } from '../example.ts';
import { isNoAnswer } from './no-answer.ts';

/** Place of a value. */
export interface Place {
  readonly where: string;
  readonly name: string;
  /** Whether numbers there are ids of classes, which say nothing without the names of the classes. */
  readonly isId: boolean;
}

/**
 * The answer that a single value means; none where it says that no answer is known.
 *
 * @throws UserError that begins with `where`, for a value that is not understood.
 */
export type Label = (value: unknown, place: Place) => ScoredAnswer[];

/** The error of a label that is none of the classes of a task. */
export class LabelError extends RowError {
  /** The label as JSON. */
  readonly label: string;

  constructor(where: string, value: unknown, classes: readonly string[]) {
    const label = JSON.stringify(value);
    const why = /^\d+$/.test(String(value)) ? ', whose meaning differs between sets' : '';
    super(`${where}: the label is ${label}${why}: write ${classes.join(', ')}.`);
    this.label = label;
  }
}

/** Labels of a task whose answers are fixed, matched by name in any case. */
export const classLabel = (classes: readonly string[]): Label => {
  const byName = new Map(classes.map((name) => [name.toLowerCase(), name]));
  return (value, { where }) => {
    // a class may have the name of a value that means none
    const known = value == null ? undefined : byName.get(String(value).trim().toLowerCase());
    if (known !== undefined) return scoredLabel(known);
    if (isNoAnswer(value)) return [];
    throw new LabelError(where, value, classes);
  };
};

/** Labels of a task whose answers are any texts; a number is one where it is no id. */
export const openLabel: Label = (value, { where, name, isId }) => {
  if (isNoAnswer(value)) return [];
  if (typeof value === 'string') return scoredLabel(value);
  if (typeof value === 'number' && !isId) return scoredLabel(String(value));
  const kind = typeof value === 'number' ? 'the answer itself, since nothing names the classes' : 'a text';
  throw fieldError({ where, row: { [name]: value } }, name, kind);
};
