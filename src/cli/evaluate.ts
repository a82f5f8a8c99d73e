import { rename, rm, writeFile } from 'node:fs/promises';
import { Command, Option } from 'commander';
import {
  type Example,
  evaluate,
  imageName,
  type Judged,
  loadTeacher,
  loadTrained,
  lookInto,
  readingFor,
  submissionOf,
  type Trained,
  UserError,
} from '../index.ts';
import { type Estimate, estimate } from './bootstrap.ts';
import { count, jsonOption, oneOf, seedOption, threadsOption } from './options.ts';
import { openProgress, type Progress } from './progress.ts';
import { type Cell, percent, print, tableOf } from './table.ts';
import { outside, type TaskName, tasks } from './tasks.ts';

interface Options {
  readonly data: string;
  readonly split: string;
  readonly task?: TaskName;
  readonly batch: number;
  readonly predictions?: string;
  readonly submission?: string;
  readonly seed: number;
  readonly threads?: number;
  readonly json?: boolean;
}

/** One line of the report: a split, or the questions of one kind in it. */
interface Line extends Estimate {
  readonly split: string;
  /** Absent for the whole split. */
  readonly kind?: string;
}

const examples = `
Examples:
  $ dide evaluate runs/student/best.safetensors --data data/scenes --split validation,test-iid,test-comp
  $ dide evaluate runs/student/best.safetensors --data data/scenes --predictions predictions.jsonl --json

The interval is the 95 % bootstrap over the questions. Where the rows of the data have a "kind", each kind has a line.`;

/** `dide evaluate`: how often a model is right. */
export const evaluateCommand = (): Command =>
  new Command('evaluate')
    .summary('how often a model is right, by split and kind of question')
    .description('Says how often a model is right, by split and kind of question.')
    .argument('<file>', 'a model: best.safetensors of a run, a .ckpt of ViLT or DiDE, a Hugging Face folder')
    .addOption(new Option('--data <folder>', 'the data').makeOptionMandatory())
    .addOption(new Option('--split <names>', 'splits, with commas between').default('validation'))
    .addOption(oneOf('--task <name>', 'of a model that was not saved by dide', Object.keys(tasks)))
    .addOption(count('--batch <n>', 'questions at a time').default(64))
    .addOption(new Option('--predictions <file>', 'write what was answered to each question, one JSON object a line'))
    .addOption(new Option('--submission <file>', "write the answers as VQA's server takes them, of a single split"))
    .addOption(seedOption())
    .addOption(threadsOption())
    .addOption(jsonOption())
    .addHelpText('after', examples)
    .action(run);

async function run(file: string, options: Options): Promise<void> {
  const trained = await loadFor(file, options);
  const task = taskOf(trained, file);
  const names = options.split.split(',').map((name) => name.trim());
  // Every split is read before the first is asked, so that a misspelt one costs no time.
  const splits: [string, Example[]][] = [];
  for (const name of names) splits.push([name, await task.read(options.data, name)]);
  const judged: [string, Judged[]][] = [];
  for (const [name, asked] of splits) judged.push([name, await judgeSplit(trained, name, asked, options)]);
  if (options.predictions !== undefined) await writePredictions(options.predictions, judged);
  if (options.submission !== undefined) await writeSubmission(options.submission, judged);
  const lines = judged.flatMap(([split, all]) => linesOf(split, all, options.seed));
  const measures = judged.map(([split, all]) => ({ split, measures: task.measures?.(all) ?? {} }));
  const text = [tableOf(rowsOf(lines)), ...measuredOf(measures)].join('\n\n');
  print(text, { file, data: options.data, lines, measures, predictions: options.predictions }, options);
}

/** A file of ours says its task; of any other, `--task` has to. */
const loadFor = async (file: string, { task, data }: Options): Promise<Trained> => {
  const { isOurs, path } = await lookInto(file);
  if (isOurs && task === undefined) return await loadTrained(path);
  if (task === undefined)
    throw new UserError(`${file}: it does not say its task: give --task ${Object.keys(tasks).join(' or --task ')}`);
  return await loadTeacher(file, {
    task: tasks[task],
    data,
    onNotice: (message) => void process.stderr.write(`${message}\n`),
  });
};

const taskOf = ({ description }: Trained, file: string) => {
  const task = Object.values(tasks).find(({ name }) => name === description.task);
  if (task) return { ...task, scoring: description.scoring };
  throw new UserError(
    `${file}: its task ${description.task} is not among ${Object.keys(tasks).join(', ')}: give another file`,
  );
};

const judgeSplit = async (trained: Trained, split: string, asked: readonly Example[], options: Options) => {
  using progress = openProgress(`evaluate ${split}`);
  const { description } = trained;
  noticeOutside(asked, description.answers, progress);
  const { batch, threads } = options;
  return await evaluate(trained, asked, {
    task: taskOf(trained, split),
    reading: readingFor(description, { batch, onNotice: progress.say }),
    onProgress: progress.update,
    ...(threads === undefined ? {} : { threads }),
  });
};

const noticeOutside = (asked: readonly Example[], answers: readonly string[], { say }: Progress): void => {
  const unknown = outside(asked, answers);
  const [first] = unknown;
  if (first)
    say(
      `${first.id}: ${JSON.stringify(first.answer)} and ${unknown.length - 1} more answers are not among the model's ${answers.length}: they count as wrong.`,
    );
};

const linesOf = (split: string, judged: readonly Judged[], seed: number): Line[] => {
  const kinds = new Map<string, number[]>();
  for (const { example, score } of judged) {
    const kind = example.about?.kind;
    if (typeof kind !== 'string') continue;
    if (!kinds.has(kind)) kinds.set(kind, []);
    kinds.get(kind)!.push(score);
  }
  const whole = {
    split,
    ...estimate(
      judged.map(({ score }) => score),
      seed,
    ),
  };
  const byKind = [...kinds].sort(([a], [b]) => (a < b ? -1 : 1));
  return [whole, ...byKind.map(([kind, scores]) => ({ split, kind, ...estimate(scores, seed) }))];
};

interface Measured {
  readonly split: string;
  readonly measures: Readonly<Record<string, number>>;
}

/** What the task's protocol reports beside accuracy, as a table where there is anything. */
const measuredOf = (all: readonly Measured[]): string[] => {
  const rows = all.flatMap(({ split, measures }) =>
    Object.entries(measures).map(([name, value]): Cell[] => [split, name, percent(value)]),
  );
  return rows.length === 0 ? [] : [tableOf([['split', 'measure', 'share'], ...rows])];
};

const rowsOf = (lines: readonly Line[]): Cell[][] => [
  ['split', 'kind', 'questions', 'accuracy', '95 % interval'],
  ...lines.map(({ split, kind, questions, accuracy, interval: [low, high] }) => [
    split,
    kind ?? 'all',
    questions,
    percent(accuracy),
    `${percent(low)} to ${percent(high)}`,
  ]),
];

const writeSubmission = async (
  path: string,
  judged: readonly (readonly [string, readonly Judged[]])[],
): Promise<void> => {
  const [split, ...more] = judged;
  if (more.length > 0)
    throw new UserError(`--submission: ${judged.length} splits are asked: give one, as the server does`);
  await writeWhole(path, JSON.stringify(submissionOf(split![1])));
};

const writePredictions = async (
  path: string,
  judged: readonly (readonly [string, readonly Judged[]])[],
): Promise<void> => {
  const rows = judged.flatMap(([split, all]) =>
    all.map(({ example: { id, images, text, answers }, predicted, score }) => ({
      split,
      id,
      images: images.map(imageName),
      text,
      predicted,
      answers,
      score,
    })),
  );
  await writeWhole(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
};

/** Written beside and renamed, so that the file is whole or not there. */
const writeWhole = async (path: string, text: string): Promise<void> => {
  const beside = `${path}.partial`;
  try {
    await writeFile(beside, text);
    await rename(beside, path);
  } catch (cause) {
    await rm(beside, { force: true });
    throw new UserError(
      `${path}: cannot be written (${(cause as NodeJS.ErrnoException).code}): give a place where you may write`,
      { cause },
    );
  }
};
