import { readdir } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { UserError } from '../errors.ts';
import { readJsonLines } from '../files/json-lines.ts';
import type { Example } from './example.ts';
import { type BadRows, createBadRows } from './records/bad-rows.ts';
import { tableExamples } from './records/image-fields.ts';
import { createRecordReader } from './records/read-record.ts';
import type { RecordShape } from './records/shape.ts';

/**
 * Reads one split of a folder with JSON lines, `<folder>/<split>.jsonl`, an object a line:
 *
 *   {"image": "images/train/1.png", "question": "Is the cup red?", "answer": "yes"}
 *   {"images": ["a.png", "b.png"], "text": "Both show a dog.", "answers": ["yes", "yes", "no", …]}
 *   {"image": "images/train/1.png", "caption": "A red cup beside a plate."}
 *
 * Paths are relative to the folder; whether the images are there is not looked at. A list has as many as the shape. `answer` is the one right answer;
 * `answers` holds what each of ten annotators said, so 1, 2, 3 or 4 and more alike earn .3, .6, .9 and 1. A line
 * without either has no known answer. Every other field goes to `about`.
 *
 * @param bad counts the lines that give no example; by default the first is an error.
 * @returns the examples, and notices of what the lines had and is not read.
 * @throws UserError when the folder lacks the split (it lists those that are there), or no line is there.
 */
export const readFolder = async (
  folder: string,
  split: string,
  shape: RecordShape,
  bad: BadRows = createBadRows({ badRows: 'refuse' }),
): Promise<{ readonly examples: Example[]; readonly notices: readonly string[] }> => {
  const splits = await listSplits(folder);
  if (!splits.includes(split)) {
    const there = splits.length > 0 ? `there are ${splits.join(', ')}` : 'there is no .jsonl file';
    throw new UserError(`${folder}: has no split "${split}" (${split}.jsonl): ${there}: name one of them.`);
  }
  const path = resolve(folder, `${split}.jsonl`);
  const reader = createRecordReader(shape, { keepAnnotators: false });
  const examples: Example[] = [];
  let isEmpty = true;
  for await (const line of readJsonLines(path, { onBadRow: bad.add })) {
    isEmpty = false;
    examples.push(...bad.attempt(() => tableExamples(line, { folder, shape, reader })));
  }
  const notices = reader.end(`${split}.jsonl`);
  if (isEmpty && bad.notices(path).length === 0)
    throw new UserError(`${folder}/${split}.jsonl: is empty: write one example a line.`);
  return { examples, notices };
};

/**
 * Names of the splits of a folder with JSON lines, sorted.
 *
 * @throws UserError when there is no such folder.
 */
export const listSplits = async (folder: string): Promise<string[]> => {
  const names = await readdir(folder).catch((cause: NodeJS.ErrnoException) => {
    throw new UserError(`${folder}: cannot be read as a folder (${cause.code}): check the path.`, { cause });
  });
  return names.flatMap((name) => (name.endsWith('.jsonl') ? [basename(name, '.jsonl')] : [])).sort();
};

/** Every answer of the examples once, in the order in which they first appear. */
export const firstSeen = (examples: readonly Pick<Example, 'answers'>[]): string[] => [
  ...new Set(examples.flatMap((example) => example.answers.map(({ answer }) => answer))),
];
