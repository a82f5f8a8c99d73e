import { Command, Option } from 'commander';
import { type ImageCache, type Model, openImageCache, UserError } from '../../../index.ts';
import type { QuestionResult } from '../../../query.ts';
import { addForeignOptions, openModel } from '../../options/checkpoint.ts';
import { precisionOption } from '../../options/device.ts';
import { jsonOption, threadsOption } from '../../options/options.ts';
import { checkTableFile } from '../../options/output.ts';
import { checkAlone } from '../../options/pieces/pieces.ts';
import {
  addFilterOptions,
  addRankingOptions,
  cachesOption,
  filterOf,
  repeated,
  shownRows,
} from '../../options/query.ts';
import { inProcesses, sharing, wordsOf } from '../../terminal/in-processes.ts';
import { printNotice } from '../../terminal/notice.ts';
import { printableLine } from '../../terminal/printable.ts';
import { openProgress } from '../../terminal/progress.ts';
import { outOption, rankedTable, restOf, writeRanked } from '../../terminal/ranked.ts';
import { percent, print, tableOf } from '../../terminal/table.ts';
import { type AskFlags, type AskWork, answerColumns as columns } from './ask-flags.ts';
import { askBeside, askMany, printStream, questionsIn } from './ask-many.ts';
import { askPieceOptions, hasAskedPieces, resultsOf } from './ask-pieces.ts';
import { searchWith } from './search.ts';

const examples = `
A question of yes or no, such as "is there a dog?", is asked for "yes", so that the images that show one come first.
--and and --not multiply the probabilities of several questions, as if their answers were independent; where the answer
that counts is not yes, it stands after =. --stream prints images as soon as they are found, in the order of the cache:
neither sorted nor cut. The date of an image is when it was taken or, where it does not say, when its file was changed.

Only the question is encoded; the images were, when they were cached. A student of retrieval is given a description
instead, as in dide search.

Examples:
  Only those that answer yes with at least 0.7, the newest first:
  $ dide ask student.safetensors "is there a dog?" --cache photos.cache --at-least 0.7 --sort date
  The most probable answer to each picture, and how often each was given:
  $ dide ask student.safetensors "how many people are there?" --cache photos.cache --histogram
  Red buses, and nobody in front of them, of 2024:
  $ dide ask student.safetensors "is there a bus?" --and "what color is the bus? = red" \\
      --not "is there a person?" --from 2024 --to 2024 --cache photos.cache
  All that reach 0.5, as a table for other programs:
  $ dide ask student.safetensors "is it night?" --cache photos.cache --at-least 0.5 --out night.parquet
  Many questions, one a line, over all images:
  $ dide ask student.safetensors --questions questions.txt --cache photos.cache --out answers.parquet
  In pieces, by four processes or as many machines (docs/scale.md):
  $ dide ask student.safetensors "is it night?" --cache photos.cache --list > pieces.txt
  $ split -n l/4 pieces.txt some. && ls some.* | xargs -P4 -I{} sh -c \\
      'dide ask student.safetensors "is it night?" --cache photos.cache --pieces {} > {}.jsonl'
  $ cat some.*.jsonl | dide ask student.safetensors "is it night?" --cache photos.cache --merge -
  The same by a cluster of Spark:
  $ dide ask student.safetensors "is it night?" --cache s3://bucket/photos --spark sc://spark.example.org
  A checkpoint of others:
  $ dide ask dide_vqa.ckpt "is there a dog?" --answers vqa2-id2label.json --cache photos.cache`;

/** `dide ask`: one question or many, many images. */
export const askCommand = (): Command => {
  const command = new Command('ask')
    .description('Asks a question of every cached image, and shows those that answer it; the best come first.')
    .argument('<student>', 'the dual encoder that made the cache')
    .argument('[question]', 'in quotes; of a student of retrieval, what the images should show')
    .addOption(cachesOption())
    .addOption(
      new Option(
        '--answer <answer>',
        "answer whose probability counts (default: yes to a question of yes or no, else each image's most probable)",
      ),
    )
    .addOption(
      new Option('--most-probable', "each image's most probable answer, also to a question of yes or no").conflicts(
        'answer',
      ),
    )
    .addOption(
      repeated(
        '--and <question>',
        'times the probability of yes to this question, or of what stands after =; may be repeated',
      ),
    )
    .addOption(repeated('--not <question>', 'times 1 less that probability; may be repeated'))
    .addOption(new Option('--questions <file>', 'many questions instead of one: one a line, with or without = ANSWER'))
    .addOption(new Option('--histogram', 'count the most probable answers of all images'))
    .addOption(outOption())
    .addOption(
      new Option('--stream', 'print images as they are found, one JSON object a line').conflicts([
        'json',
        'out',
        'list',
        'pieces',
        'merge',
      ]),
    )
    .addOption(precisionOption())
    .addOption(threadsOption())
    .addOption(jsonOption());
  for (const option of askPieceOptions()) command.addOption(option);
  return addForeignOptions(addRankingOptions(addFilterOptions(command), 'probability'))
    .addHelpText('after', examples)
    .action(run);
};

const run = (file: string, question: string | undefined, options: AskFlags, command: Command): Promise<void> => {
  const commandLine = wordsOf(command);
  return inProcesses((processes) =>
    askIn({ file, question, options: { ...sharing(options, processes), commandLine } }),
  );
};

interface Arguments {
  readonly file: string;
  readonly question: string | undefined;
  readonly options: AskFlags;
}

const askIn = async ({ file, question, options }: Arguments): Promise<void> => {
  if ((question === undefined) === (options.questions === undefined))
    throw new UserError('dide ask needs a question in quotes, or a file of them (--questions), and not both');
  checkTableFile(options.out);
  checkAlone(options, options.processes?.size ?? 1);
  const trained = await openModel(file, options, options.precision);
  const cache = await openImageCache(options.cache, filterOf(options));
  const isFirst = options.processes?.rank === 0;
  if (!trained.config.purpose.logits) {
    refuseAnswers(options);
    // a search takes no time beside the reading of the index, which each process would do
    if (isFirst) await searchWith(trained, cache, question ?? '', options);
    return;
  }
  const questions = question === undefined ? await questionsIn(options.questions!) : [{ question }];
  const work = { cache, questions, options };
  if (isFirst) await answerAll(trained, question, work);
  else await askBeside(trained, work);
};

/** Answers one question, or, where there is none, those of a file. */
const answerAll = async (trained: Model, question: string | undefined, work: AskWork): Promise<void> => {
  const { cache, options } = work;
  if (await hasAskedPieces(trained, work)) return;
  if (options.stream) await printStream(trained, work);
  else if (question === undefined) await askMany(trained, work);
  else await askOne(trained, cache, question, options);
};

/** @throws UserError where options of answers are given to a model that finds. */
const refuseAnswers = ({
  answer,
  mostProbable,
  histogram,
  questions,
  stream,
  list,
  pieces,
  merge,
  spark,
}: AskFlags): void => {
  const flags = { '--answer': answer, '--most-probable': mostProbable, '--histogram': histogram };
  const others = {
    '--questions': questions,
    '--stream': stream,
    '--list': list,
    '--pieces': pieces,
    '--merge': merge,
    '--spark': spark,
  };
  const given = Object.entries({ ...flags, ...others }).find(([, value]) => value !== undefined);
  if (!given) return;
  throw new UserError(`${given[0]}: a student of retrieval finds images and answers nothing: leave it out`);
};

const askOne = async (trained: Model, cache: ImageCache, question: string, options: AskFlags): Promise<void> => {
  using progress = openProgress('ask');
  const listeners = { onWarning: printNotice, onProgress: progress.update };
  const [result] = await resultsOf(trained, { cache, questions: [{ question }], options }, listeners);
  const { answers, ...said } = result!;
  if (options.out !== undefined) await writeRanked(options.out, answers, columns);
  const shown = answers.slice(0, shownRows(options));
  const text = [rankedTable(shown, columns, options), ...restLines(result!, shown.length, options)];
  const json = { question, cache: cache.folder, images: cache.size, asked: said.images, found: said.found };
  print(
    [text.join('\n'), ...(said.histogram ? [histogramTable(said.histogram)] : [])].join('\n\n'),
    { ...json, answer: said.answer, answers: shown, histogram: said.histogram, out: options.out },
    options,
  );
};

const restLines = ({ found, images, answers }: QuestionResult, shown: number, { out }: AskFlags): string[] => [
  ...restOf({ shown, found: Math.max(answers.length, found), images }),
  ...(out === undefined ? [] : [printableLine(`saved ${out}`)]),
];

/** Answers with the number of images of each, the most frequent first. */
const histogramTable = (histogram: NonNullable<QuestionResult['histogram']>): string => {
  const all = histogram.reduce((sum, { images }) => sum + images, 0);
  const rows = histogram.map(({ answer, images }) => [answer, images, percent(images / all)]);
  return tableOf([['most probable answer', 'images', 'ratio'], ...rows]);
};
