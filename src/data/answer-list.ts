import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { UserError } from '../errors.ts';
import { parseJson } from '../files/json.ts';

/**
 * Answers that a plain line would not give back: the empty one, one with white space at its ends, line ends, half a
 * character of UTF-16, or one that is quoted itself.
 */
const NEEDS_QUOTES = /^$|^\s|\s$|[\r\n]|\p{Surrogate}|^".*"$/su;

/**
 * The text of an `answers.txt`: one answer a line, in the order of the classifier. An answer that a plain line cannot
 * hold, such as the empty one or one of several lines, is a JSON string: `""`, `"left\nright"`.
 */
export const answerLines = (answers: readonly string[]): string =>
  answers.map((answer) => `${NEEDS_QUOTES.test(answer) ? JSON.stringify(answer) : answer}\n`).join('');

/**
 * The answers in the text of an `answers.txt`, as `answerLines` writes it or as an editor does: one a line, without the
 * white space around it. An empty line between others is the empty answer, class 125 of VQA v2's 3,129; empty lines at
 * the end are none.
 *
 * @throws UserError where an answer stands twice.
 */
export const parseAnswerLines = (text: string, path: string): string[] => {
  const lines = text
    .replace(/^\uFEFF/, '')
    .trimEnd()
    .split('\n')
    .map((line) => line.trim());
  const places = new Map<string, number>();
  const answers = lines.map((line, i) => {
    const answer = answerOf(line);
    const first = places.get(answer);
    if (first !== undefined) throw twiceError(answer, [first + 1, i + 1], path);
    places.set(answer, i);
    return answer;
  });
  return answers.length === 1 && lines[0] === '' ? [] : answers;
};

const answerOf = (line: string): string => {
  const value = /^".*"$/s.test(line) ? parseJson(line) : undefined;
  return typeof value === 'string' ? value : line;
};

const twiceError = (answer: string, [first, second]: readonly [number, number], path: string): UserError =>
  new UserError(
    answer === ''
      ? `${path}:${second}: is empty, as line ${first} is: an empty line is the empty answer, which can be there once: take one out.`
      : `${path}:${second}: has ${JSON.stringify(answer)}, as line ${first} has: keep one.`,
  );

/**
 * The answers in a folder's `answers.txt`, whose order gives each its place in the classifier; undefined where there is
 * no such file.
 *
 * @throws UserError when it names an answer twice or none, or cannot be read.
 */
export const listedAnswers = async (folder: string): Promise<string[] | undefined> => {
  const path = resolve(folder, 'answers.txt');
  const listed = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT' || cause.code === 'ENOTDIR') return undefined;
    throw new UserError(`${path}: cannot be read (${cause.code}).`, { cause });
  });
  return listed === undefined ? undefined : parseAnswerLines(listed, path);
};
