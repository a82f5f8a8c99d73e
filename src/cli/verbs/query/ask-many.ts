import { readFile } from 'node:fs/promises';
import { readError } from '../../../files/disk-errors.ts';
import { type TableRow, writeTable } from '../../../files/write-table.ts';
import { type Model, openPredictor, UserError } from '../../../index.ts';
import { askAll, type FoundAnswers, streamAnswers } from '../../../query.ts';
import { shownRows } from '../../options/query.ts';
import { printText } from '../../terminal/print-lines.ts';
import { printableJson, printableLine } from '../../terminal/printable.ts';
import { openProgress } from '../../terminal/progress.ts';
import { fileColumns, rankedTable, restOf } from '../../terminal/ranked.ts';
import { groupedCount, print } from '../../terminal/table.ts';
import { type AskFlags, type AskWork, askOptions, answerColumns as columns } from './ask-flags.ts';
import { resultsOf } from './ask-pieces.ts';

/** Asks many questions: a table of each, or all answers to a file as they are found. */
export const askMany = async (trained: Model, work: AskWork): Promise<void> =>
  work.options.out === undefined ? await printEach(trained, work) : await writeAll(trained, work, work.options.out);

/** Scans this process's part of the cache; the first process prints what all find. */
export const askBeside = async (trained: Model, { cache, questions, options }: AskWork): Promise<void> => {
  await using student = await openPredictor(trained, { threads: options.threads });
  const { histogram } = options;
  // nothing is held of what is found, unless answers are counted, which is a row more
  if (histogram) await askAll(student, cache, questions, { ...askOptions(options), histogram });
  else for await (const _ of streamAnswers(student, cache, questions, askOptions(options)));
};

/** Reads questions, one a line; empty lines are skipped. @throws UserError where there is none. */
export const questionsIn = async (file: string): Promise<string[]> => {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw readError(file, error);
  });
  const questions = text.split(/\r?\n/).filter((line) => line.trim() !== '');
  if (questions.length > 0) return questions;
  throw new UserError(`${file}: it has no question: write one on each line`);
};

const printEach = async (trained: Model, { cache, questions, options }: AskWork): Promise<void> => {
  using progress = openProgress('ask');
  const listeners = { onWarning: progress.say, onProgress: progress.update };
  const results = await resultsOf(trained, { cache, questions, options }, listeners);
  const tables = results.map(({ question, answers, found, images }) => {
    const shown = answers.slice(0, shownRows(options));
    return [
      printableLine(question),
      rankedTable(shown, columns, options),
      ...restOf({ shown: shown.length, found, images }),
    ].join('\n');
  });
  print(tables.join('\n\n'), { cache: cache.folder, images: cache.size, results }, options);
};

/** Options that need all answers at once. */
const HELD = ['top', 'sort', 'order', 'nearDuplicates', 'histogram'] as const;

/** @throws UserError where answers that are not held should be ordered, cut or grouped. */
const checkStreams = (options: AskFlags): void => {
  const held = HELD.find((name) => options[name] !== undefined);
  if (held === undefined) return;
  const flag = `--${held.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  throw new UserError(
    `${flag}: answers are written as they are found, in the order of the cache, and none is held: leave it out`,
  );
};

async function* streamed(trained: Model, { cache, questions, options }: AskWork): AsyncGenerator<FoundAnswers> {
  checkStreams(options);
  using progress = openProgress('ask');
  await using student = await openPredictor(trained, { threads: options.threads });
  const { top: _top, sort: _sort, order: _order, nearDuplicates: _near, ...rest } = askOptions(options);
  yield* streamAnswers(student, cache, questions, {
    ...rest,
    ...{ atLeast: options.atLeast, onWarning: progress.say, onProgress: progress.update },
  });
}

/** Prints answers as they are found, one JSON object a line. */
export const printStream = async (trained: Model, work: AskWork): Promise<void> => {
  for await (const { found } of streamed(trained, work))
    await printText(found.map((one) => `${printableJson(one)}\n`).join(''));
};

/** Answers that were found in pieces, question by question in their order. */
async function* merged(trained: Model, work: AskWork): AsyncGenerator<Pick<FoundAnswers, 'found'>> {
  using progress = openProgress('ask');
  const listeners = { onWarning: progress.say, onProgress: progress.update };
  for (const { question, answers } of await resultsOf(trained, work, listeners))
    yield { found: answers.map((one) => ({ question, ...one })) };
}

const writeAll = async (trained: Model, work: AskWork, out: string): Promise<void> => {
  let count = 0;
  async function* rows(): AsyncGenerator<readonly TableRow[]> {
    for await (const { found } of (work.options.merge ?? work.options.spark)
      ? merged(trained, work)
      : streamed(trained, work)) {
      count += found.length;
      yield found as readonly (FoundAnswers['found'][number] & TableRow)[];
    }
  }
  const own = fileColumns(columns, work.cache.cacheAt !== undefined).filter(({ name }) => name !== 'duplicates');
  await writeTable(out, [{ name: 'question', kind: 'text' }, ...own], rows());
  const { cache, questions, options } = work;
  const result = { cache: cache.folder, images: cache.size, questions: questions.length, answers: count, out };
  print(printableLine(`saved ${groupedCount(count, 'answer')} to ${out}`), result, options);
};
