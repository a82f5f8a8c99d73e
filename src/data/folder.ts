import { readdir, readFile } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { UserError } from '../errors.ts';
import { fieldError, type JsonLine, readJsonLines, textField, textsField } from '../files/json-lines.ts';
import { type Example, type ScoredAnswer, scoredAnswers } from './example.ts';

/**
 * The examples of one split of a folder in the question and answer layout: `<folder>/<split>.jsonl`, one a line:
 *
 *   {"image": "images/train/1.png", "question": "Is the cup red?", "answer": "yes"}
 *   {"images": ["a.png", "b.png"], "text": "Both show a dog.", "answers": ["yes", "yes", "no", …]}
 *
 * Paths are relative to the folder. `answer` is the one right answer; `answers` holds what each of ten annotators said,
 * so 1, 2, 3 or 4 and more alike earn .3, .6, .9 and 1. A line without either has no known answer. Every other field
 * goes to `about`.
 *
 * @throws UserError when the folder lacks the split (it lists those that are there) or a line lacks a field.
 */
export const readFolder = (folder: string, split: string): Promise<Example[]> => readSplit(folder, split, exampleOf);

/**
 * The image-text pairs of one split of a folder, without answers, one a line; every other field goes to `about`:
 *
 *   {"image": "images/train/1.png", "caption": "A red cup beside a plate."}
 *   {"image": "images/train/2.png", "text": "A plate."}
 *
 * @throws UserError as `readFolder` does.
 */
export const readCaptions = (folder: string, split: string): Promise<Example[]> => readSplit(folder, split, pairOf);

const readSplit = async (
  folder: string,
  split: string,
  exampleOf: (line: JsonLine, folder: string) => Example,
): Promise<Example[]> => {
  const splits = await listSplits(folder);
  if (!splits.includes(split)) {
    const there = splits.length ? `there are ${splits.join(', ')}` : 'there is no .jsonl file';
    throw new UserError(`${folder}: has no split "${split}" (${split}.jsonl): ${there}: name one of them.`);
  }
  const examples: Example[] = [];
  for await (const line of readJsonLines(resolve(folder, `${split}.jsonl`))) examples.push(exampleOf(line, folder));
  if (examples.length === 0) throw new UserError(`${folder}/${split}.jsonl: is empty: write one example a line.`);
  return examples;
};

/**
 * The splits of a folder, by name.
 *
 * @throws UserError when there is no such folder.
 */
export const listSplits = async (folder: string): Promise<string[]> => {
  const names = await readdir(folder).catch((cause: NodeJS.ErrnoException) => {
    throw new UserError(`${folder}: cannot be read as a folder (${cause.code}): check the path.`, { cause });
  });
  return names.flatMap((name) => (name.endsWith('.jsonl') ? [basename(name, '.jsonl')] : [])).sort();
};

const exampleOf = (line: JsonLine, folder: string): Example => {
  const { image, images, question, text, answer, answers, ...about } = line.row;
  const paths = images === undefined ? [textField(line, 'image')] : textsField(line, 'images');
  if (paths.length === 0) throw fieldError(line, 'images', 'a list of at least one path');
  return {
    id: line.where,
    images: paths.map((path) => resolve(folder, path)),
    text: text === undefined ? textField(line, 'question') : textField(line, 'text'),
    answers: answersOf(line),
    ...(Object.keys(about).length ? { about } : {}),
  };
};

const pairOf = (line: JsonLine, folder: string): Example => {
  const name = line.row.caption === undefined && line.row.text !== undefined ? 'text' : 'caption';
  const { image, [name]: _, ...about } = line.row;
  return {
    id: line.where,
    images: [resolve(folder, textField(line, 'image'))],
    text: textField(line, name),
    answers: [],
    ...(Object.keys(about).length ? { about } : {}),
  };
};

const answersOf = (line: JsonLine): ScoredAnswer[] => {
  if (line.row.answers !== undefined) return scoredAnswers(textsField(line, 'answers'));
  return line.row.answer === undefined ? [] : [{ answer: textField(line, 'answer'), score: 1 }];
};

/**
 * The answer vocabulary of a folder, whose order gives each answer its place in the classifier: the lines of
 * `answers.txt` where there is one, otherwise the answers of `train` in the order in which they first appear.
 *
 * @throws UserError when `answers.txt` names an answer twice, or no answer is found.
 */
export const readAnswers = async (folder: string): Promise<string[]> => {
  const listed = await listedAnswers(folder);
  const answers = listed ?? firstSeen(await readFolder(folder, 'train'));
  if (answers.length) return answers;
  throw new UserError(`${folder}: no answers found in ${listed ? 'answers.txt' : 'train.jsonl'}: add them.`);
};

/**
 * The lines of a folder's `answers.txt`; undefined where there is none.
 *
 * @throws UserError when it names an answer twice.
 */
export const listedAnswers = async (folder: string): Promise<string[] | undefined> => {
  const path = resolve(folder, 'answers.txt');
  const listed = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT' || cause.code === 'ENOTDIR') return undefined;
    throw new UserError(`${path}: cannot be read (${cause.code}).`, { cause });
  });
  return listed === undefined ? undefined : linesOf(listed, path);
};

/** Every answer of the examples once, in the order in which they first appear. */
export const firstSeen = (examples: readonly Pick<Example, 'answers'>[]): string[] => [
  ...new Set(examples.flatMap((example) => example.answers.map(({ answer }) => answer))),
];

const linesOf = (text: string, path: string): string[] => {
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  for (const [i, line] of lines.entries()) {
    const first = lines.indexOf(line);
    if (first !== i) throw new UserError(`${path}: has "${line}" twice (answers ${first + 1} and ${i + 1}): keep one.`);
  }
  return lines;
};
