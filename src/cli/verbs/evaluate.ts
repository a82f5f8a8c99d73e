import { Command, Option } from 'commander';
import { isAnswered, isTask } from '../../data.ts';
import { counted } from '../../errors.ts';
import {
  type Example,
  evaluate,
  type Learnable,
  type Model,
  type Prediction,
  type Task,
  UserError,
} from '../../index.ts';
import { addForeignOptions, type ForeignOptions, openModel } from '../options/checkpoint.ts';
import {
  addDataOptions,
  badRowsOf,
  countsText,
  type DataOptions,
  openTolerance,
  type Tolerance,
} from '../options/data.ts';
import { precisionOption } from '../options/device.ts';
import { pullingTask } from '../options/hub.ts';
import { addOptions, count, jsonOption, seedOption, threadsOption } from '../options/options.ts';
import { checkOutputFile } from '../options/output.ts';
import { type PictureFlags, pictureOptions } from '../options/pictures.ts';
import { galleryOption } from '../options/retrieval.ts';
import { outside, type TaskName, taskNamed, tasks } from '../options/tasks.ts';
import { isJudged, linesOf, rowsOf } from '../terminal/accuracy-lines.ts';
import { measuresOf, measuresTable } from '../terminal/measures.ts';
import { printNotice } from '../terminal/notice.ts';
import { printableLine } from '../terminal/printable.ts';
import { openProgress, type Progress } from '../terminal/progress.ts';
import { groupedCount, print, tableOf } from '../terminal/table.ts';
import {
  type Compared,
  type CompareFlags,
  checkCompare,
  comparedAnswers,
  comparedTable,
} from './evaluation/compare.ts';
import { checkSubmission, type Judged, writePredictions, writeSubmission } from './evaluation/outputs.ts';
import { evaluateRetrieval, type FoundSplit } from './evaluation/retrieval.ts';

interface Options extends ForeignOptions, CompareFlags, DataOptions, PictureFlags {
  readonly data: string;
  readonly split: string;
  readonly task?: TaskName | undefined;
  readonly batch: number;
  readonly predictions?: string | undefined;
  readonly submission?: string | undefined;
  readonly gallery?: number | undefined;
  readonly seed: number;
  readonly threads?: number | undefined;
  readonly json?: boolean | undefined;
}

const examples = `
Examples:
  $ dide evaluate runs/student/best.safetensors --data data/scenes --split validation,test-iid,test-comp
  $ dide evaluate runs/student/best.safetensors --data data/scenes --predictions predictions.jsonl --json
  $ dide evaluate vilt_vqa.ckpt --answers vqa2-id2label.json --data data/vqav2
  $ dide evaluate runs/retriever/best.safetensors --data data/retrieval --gallery 200

The interval is the 95 % bootstrap over the questions, or over what else a measure counts: NLVR2's consistency, its
statements. Where the rows of the data have a "kind", each kind has a line. Of retrieval: recall of texts and of images
at 1, 5 and 10; and where rows have a "quadruple", how many of these groups are told apart whole, and R@1 within them.`;

/** `dide evaluate`: accuracy of a model on the splits of a data set. */
export const evaluateCommand = (): Command =>
  addOptions(addDataOptions(addForeignOptions(new Command('evaluate'))), pictureOptions())
    .description('Prints the accuracy of a model, by split and kind of question.')
    .argument(
      '<file>',
      'a model: best.safetensors of a run, a .ckpt of ViLT or DiDE, a Hugging Face folder, an id of the Hub',
    )
    .addOption(new Option('--data <folder>', 'the data, in any layout; hf:org/name on the Hub').makeOptionMandatory())
    .addOption(new Option('--split <names>', 'splits, with commas between').default('validation'))
    .addOption(count('--batch <n>', 'questions at a time').default(64))
    .addOption(new Option('--predictions <file>', 'write what was answered to each question, one JSON object a line'))
    .addOption(new Option('--submission <file>', "write the answers as VQA's server takes them, of a single split"))
    .addOption(galleryOption('of retrieval: search the first images of a split only (default: all)'))
    .addOption(seedOption())
    .addOption(precisionOption())
    .addOption(new Option('--compare', 'with --precision int8: evaluate in float32, too, and compare'))
    .addOption(threadsOption())
    .addOption(jsonOption())
    .addHelpText('after', examples)
    .action(run);

async function run(file: string, options: Options): Promise<void> {
  checkCompare(options);
  for (const path of [options.predictions, options.submission]) if (path !== undefined) checkOutputFile(path);
  const trained = await openModel(file, options, options.precision);
  const [task, tolerance] = [await taskOf(trained, file, options.task), openTolerance(options)];
  const names = options.split.split(',').map((name) => name.trim());
  const notices: string[] = [];
  const noticing = (message: string): void => {
    notices.push(message);
    printNotice(message);
  };
  const splits = await readSplits(tolerance.counting(pullingTask(task)), names, { ...options, onWarning: noticing });
  if (!isTask(task)) return await evaluateRetrieval(trained, splits, { ...options, tolerance });
  if (options.submission !== undefined) checkSubmission(splits);
  const judged: [string, readonly Prediction[]][] = [];
  const compared: Compared[] = [];
  for (const { split, examples } of splits) {
    const found = await judgeSplit(trained, split, examples, { ...options, task, tolerance });
    judged.push([split, found]);
    if (!options.compare) continue;
    const exact = await predictionsOf({ ...trained, precision: 'float32' }, `${split}, float32`, examples, {
      ...{ ...options, task, tolerance: openTolerance(options) },
    });
    compared.push(...comparedAnswers(split, [exact, found], options.seed));
  }
  if (options.predictions !== undefined) await writePredictions(options.predictions, judged);
  if (options.submission !== undefined) await writeSubmission(options.submission, judged);
  report({ file, task, judged, compared, notices, tolerance }, options);
}

/** Model and data of an evaluation, and its results. */
interface Evaluated {
  readonly file: string;
  readonly task: Task;
  readonly judged: Judged;
  readonly compared: readonly Compared[];
  readonly notices: readonly string[];
  readonly tolerance: Tolerance;
}

const report = ({ file, task, judged, compared, notices, tolerance }: Evaluated, options: Options): void => {
  const lines = judged.flatMap(([split, all]) => linesOf(split, all, options.seed));
  const measures = judged.flatMap(([split, all]) =>
    measuresOf(split, task.measures?.(all.filter(isJudged)) ?? {}, options.seed),
  );
  const tables = [
    tableOf(rowsOf(lines)),
    ...(measures.length === 0 ? [] : [measuresTable(measures)]),
    ...(compared.length === 0 ? [] : [comparedTable(compared)]),
  ];
  const counts = tolerance.counts();
  const incomplete = counts.filter(({ found, used }) => used < found);
  const told = [...incomplete.map((one) => printableLine(`${one.split}: ${countsText(one)}`)), ...tolerance.lines()];
  const text = [...tables, ...paragraphOf(told)].join('\n\n');
  const { data, predictions } = options;
  const notUsed = { counts, leftOut: tolerance.leftOut(), unreadable: tolerance.failures(), notices };
  const comparison = options.compare ? compared : undefined;
  print(text, { file, data, lines, measures, comparison, predictions, ...notUsed }, options);
};

/** The examples of the splits. All are read before the first is asked, so that a misspelt one costs no time. */
const readSplits = async (
  task: Learnable,
  names: readonly string[],
  { data, missing, strict, onWarning }: Options & { readonly onWarning: (message: string) => void },
): Promise<FoundSplit[]> => {
  const splits: FoundSplit[] = [];
  for (const split of names) {
    splits.push({
      split,
      examples: await task.read(data, split, { missing, badRows: badRowsOf({ strict }), onWarning }),
    });
  }
  return splits;
};

const paragraphOf = (lines: readonly string[]): string[] => (lines.length === 0 ? [] : [lines.join('\n')]);

const taskOf = async ({ config }: Model, file: string, given?: TaskName): Promise<Learnable> => {
  const known: readonly Learnable[] = given === undefined ? Object.values(tasks) : [await taskNamed(given)];
  const task = known.find(({ name }) => name === config.task);
  if (task) return { ...task, scoring: config.scoring };
  throw new UserError(
    `${file}: its task ${config.task} is not among ${known.map(({ name }) => name).join(', ')}: give --task with the module that defines it, or another file`,
  );
};

/** Options of scoring one split. */
interface Judging extends Omit<Options, 'task'> {
  readonly task: Task;
  readonly tolerance: ReturnType<typeof openTolerance>;
}

const judgeSplit = async (trained: Model, split: string, asked: readonly Example[], how: Judging) => {
  const progress = { say: printNotice };
  noticeUnanswered(split, asked, progress);
  noticeOutside(asked, trained.config.answers, progress);
  return await predictionsOf(trained, split, asked, how);
};

const predictionsOf = async (trained: Model, split: string, asked: readonly Example[], how: Judging) => {
  using progress = openProgress(`evaluate ${split}`);
  const { batch, threads, task, tolerance, pictures, maxMegapixels } = how;
  const { predictions } = await evaluate(trained, {
    ...{ task, examples: asked, batch, threads, pictures, maxMegapixels, ...tolerance.preprocessor },
    onWarning: progress.warn,
    onProgress: progress.update,
  });
  return predictions;
};

const noticeUnanswered = (split: string, asked: readonly Example[], { say }: Pick<Progress, 'say'>): void => {
  const unanswered = asked.filter((example) => !isAnswered(example));
  const [first] = unanswered;
  if (first)
    say(
      `${split}: no answer is known to ${unanswered.length} of ${groupedCount(asked.length, 'question')} (the first is ${first.id}): asked, and left out of the accuracy.`,
    );
};

const noticeOutside = (asked: readonly Example[], answers: readonly string[], { say }: Pick<Progress, 'say'>): void => {
  const unknown = outside(asked, answers);
  const [first] = unknown;
  if (first)
    say(
      `${first.id}: ${JSON.stringify(first.answer)}${unknown.length === 1 ? ' is' : ` and ${counted(unknown.length - 1, 'more answer')} are`} not among the model's ${answers.length}: counted as wrong.`,
    );
};
