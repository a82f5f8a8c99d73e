import picomatch from 'picomatch';
import { bytesOf, datesIn, globOptions, type ImageFilter, pathsIn } from '../image-filter.ts';

/** A condition in SQL, and the values of its parameters. */
export interface SqlCondition {
  readonly text: string;
  readonly values: readonly unknown[];
}

/**
 * Clock time of an image, in milliseconds: when it was taken or, where it does not say, when its file was changed, by the
 * clock of the zone that is the parameter.
 */
const clockTime = (zone: string): string =>
  `coalesce(taken, extract(epoch from to_timestamp(modified / 1000) at time zone ${zone})::float8 * 1000)`;

/**
 * A filter as a condition over the table of images; it lets through what `filterImages` does.
 *
 * @param first number of the first parameter.
 * @throws UserError as `filterImages`.
 */
export const conditionOf = (filter: ImageFilter, first: number): SqlCondition => {
  const values: unknown[] = [];
  const parameter = (value: unknown): string => `$${first + values.push(value) - 1}`;
  const all: string[] = [];
  const [bytes, dates, { folders, globs, notGlobs }] = [bytesOf(filter), datesIn(filter), pathsIn(filter)];
  const fits = (glob: string): string => {
    // PostgreSQL reads what picomatch writes: anchors, classes, groups and lookahead
    const pattern = picomatch.makeRe(glob, globOptions(glob)).source;
    const subject = glob.includes('/') ? 'path' : "regexp_replace(path, '^.*/', '')";
    return `(path = ${parameter(glob)} or ${subject} ~ ${parameter(pattern)})`;
  };
  const any = (conditions: readonly string[]): string => `(${conditions.join(' or ')})`;
  if (bytes) all.push(`bytes between ${parameter(bytes[0])}::float8 and ${parameter(bytes[1])}::float8`);
  if (dates) {
    const time = clockTime(parameter(Intl.DateTimeFormat().resolvedOptions().timeZone));
    all.push(`${time} >= ${parameter(dates[0])}::float8 and ${time} < ${parameter(dates[1])}::float8`);
  }
  if (folders.length > 0) all.push(any(folders.map((folder) => `starts_with(path, ${parameter(folder)})`)));
  if (globs.length > 0) all.push(any(globs.map(fits)));
  if (notGlobs.length > 0) all.push(`not ${any(notGlobs.map(fits))}`);
  return { text: all.length > 0 ? all.join(' and ') : 'true', values };
};
