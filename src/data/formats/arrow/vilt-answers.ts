import { join } from 'node:path';
import { UserError } from '../../../errors.ts';
import { listedAnswers } from '../../answer-list.ts';
import { namesIn } from '../format.ts';
import { readArrow } from './file.ts';

/**
 * The classes of the ViLT code's VQA files: every row has the names and the numbers of its answers. A number that no
 * row has is called `unknown` and that number, a class whose answer nobody gave (125 in the published files).
 *
 * @throws UserError when two files, or two rows, give one number two names: they were made with different vocabularies.
 */
export const viltAnswers = async (path: string): Promise<readonly string[] | undefined> => {
  const names = namesIn(path).filter((name) => /^vqav2_(train|trainable_val|val|rest_val)\.arrow$/.test(name));
  if (names.length === 0) return undefined;
  const listed = await listedAnswers(path);
  if (listed) return listed;
  const byNumber: string[] = [];
  for (const name of names) await collect(join(path, name), byNumber);
  return Array.from(byNumber, (answer, number) => answer ?? `unknown ${number}`);
};

/** More than any vocabulary has: a damaged number must not fill the memory. */
const MOST = 1e6;

const collect = async (file: string, byNumber: string[]): Promise<void> => {
  for await (const { first, rows, columns } of readArrow(file, ['answers', 'answer_labels'])) {
    for (let row = 0; row < rows; row += 1) {
      const [answers, labels] = ['answers', 'answer_labels'].map((name) => [columns.get(name)!.at(row)].flat(3));
      for (const [i, answer] of answers!.entries()) note(byNumber, [labels![i], answer], `${file}:${first + row + 1}`);
    }
  }
};

const note = (byNumber: string[], [number, answer]: readonly [unknown, unknown], where: string): void => {
  if (typeof answer !== 'string' || typeof number !== 'number' || !(number >= 0 && number < MOST)) {
    throw new UserError(
      `${where}: the answer ${JSON.stringify(answer)} has the number ${number}: the file is damaged: get it again.`,
    );
  }
  const before = byNumber[number];
  if (before !== undefined && before !== answer) {
    throw new UserError(
      `${where}: answer ${number} is "${answer}" here and "${before}" before: the files were made with different vocabularies: make them together.`,
    );
  }
  byNumber[number] = answer;
};
