import type { ImageCache, Model } from '../../../index.ts';
import { askAll, type QuestionResult, type QuestionsOptions } from '../../../query.ts';
import { answerPieces, mergeAnswers, piecesOf } from '../../../scale.ts';
import {
  linesInAll,
  listOption,
  mergeOption,
  namesIn,
  pieceOptions,
  piecesOption,
} from '../../options/pieces/pieces.ts';
import { doneBySpark, sparkOptions, TASKS } from '../../options/pieces/spark.ts';
import { filterOf } from '../../options/query.ts';
import { printNotice } from '../../terminal/notice.ts';
import { printJsonLines, printText } from '../../terminal/print-lines.ts';
import { groupedCount } from '../../terminal/table.ts';
import { type AskFlags, type AskWork, askOptions } from './ask-flags.ts';

/** `--list`, `--pieces`, `--merge` and `--spark` of a question. */
export const askPieceOptions = () => [
  ...pieceOptions({
    list: listOption(
      '--list [images]',
      'print the names of the pieces of the work, of so many images (default: 65536), and ask nothing',
    ),
    pieces: piecesOption('ask only the images of these pieces, as --list names them'),
    merge: mergeOption('make the answers of what --pieces printed, for all pieces'),
  }),
  ...sparkOptions(),
];

/** The library's options of questions, the same for pieces and for their answers. */
const questionsOptions = (options: AskFlags): QuestionsOptions => ({
  ...askOptions(options),
  histogram: options.histogram,
});

/** Whether a command does a part of the work, or names it; if so, it is done. */
export const hasAskedPieces = async (trained: Model, { cache, questions, options }: AskWork): Promise<boolean> => {
  if (options.list !== undefined) {
    const images = options.list === true ? undefined : options.list;
    await printText(
      piecesOf(cache, { ...filterOf(options), images })
        .map((name) => `${name}\n`)
        .join(''),
    );
    return true;
  }
  if (options.pieces === undefined) return false;
  const request = { questions, options: { ...questionsOptions(options), onWarning: printNotice } };
  await printJsonLines(answerPieces(trained, cache, request, namesIn(options.pieces)));
  return true;
};

/** Receives what happens meanwhile. */
type Listeners = Pick<QuestionsOptions, 'onWarning' | 'onProgress'>;

/** Answers to questions, asked here or merged from pieces. */
export const resultsOf = async (
  trained: Model,
  { cache, questions, options }: AskWork,
  listeners: Listeners,
): Promise<QuestionResult[]> => {
  const how = { ...questionsOptions(options), ...listeners };
  if ((options.merge ?? options.spark) === undefined) return await askAll(trained, cache, questions, how);
  const onPassedOver = ({ damaged, twice }: { damaged: number; twice: number }): void =>
    listeners.onWarning?.(
      `passed over: ${groupedCount(damaged, 'line')} cut short or damaged, ${groupedCount(twice, 'piece')} answered twice`,
    );
  const lines = options.merge ? linesInAll(options.merge) : answeredBySpark(cache, options);
  return await mergeAnswers(trained, cache, { questions, options: how, onPassedOver }, lines);
};

/** Pieces of images of a cache: few enough for each task to have some, but none so small that its start weighs. */
const answeredBySpark = (
  cache: ImageCache,
  { commandLine: words = [], ...options }: AskFlags,
): AsyncGenerator<string> => {
  const { sparkTasks = TASKS } = options;
  const images = UNIT * Math.min(MOST_UNITS, Math.ceil(cache.size / (4 * sparkTasks * UNIT)));
  return doneBySpark({ words, options }, piecesOf(cache, { ...filterOf(options), images }));
};

/** Images of the smallest piece, and the largest piece in such. */
const UNIT = 4096;
const MOST_UNITS = 16;
