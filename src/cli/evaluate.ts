import { rename, rm, writeFile } from 'node:fs/promises';
import { Command, Option } from 'commander';
import { type Example, evaluate, imageName, type Judged, loadTrained, readingFor, type Trained, UserError } from '../index.ts';
import { type Estimate, estimate } from './bootstrap.ts';
import { count, jsonOption, seedOption, threadsOption } from './options.ts';
import { openProgress, type Progress } from './progress.ts';
import { type Cell, percent, print, tableOf } from './table.ts';
import { outside, tasks } from './tasks.ts';

interface Options {
  readonly data: string;
  readonly split: string;
  readonly batch: number;
  readonly predictions?: string;
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
    .argument('<file>', 'a model: best.safetensors of a run')
    .addOption(new Option('--data <folder>', 'the data').makeOptionMandatory())
    .addOption(new Option('--split <names>', 'splits, with commas between').default('validation'))
    .addOption(count('--batch <n>', 'questions at a time').default(64))
    .addOption(new Option('--predictions <file>', 'write what was answered to each question, one JSON object a line'))
    .addOption(seedOption())
    .addOption(threadsOption())
    .addOption(jsonOption())
    .addHelpText('after', examples)
    .action(run);

async function run(file: string, options: Options): Promise<void> {
  const trained = await loadTrained(file);
  const task = taskOf(trained, file);
  const names = options.split.split(',').map((name) => name.trim());
  // Every split is read before the first is asked, so that a misspelt one costs no time.
  const splits: [string, Example[]][] = [];
  for (const name of names) splits.push([name, await task.read(options.data, name)]);
  const judged: [string, Judged[]][] = [];
  for (const [name, asked] of splits) judged.push([name, await judgeSplit(trained, name, asked, options)]);
  if (options.predictions !== undefined) await writePredictions(options.predictions, judged);
  const lines = judged.flatMap(([split, all]) => linesOf(split, all, options.seed));
  print(tableOf(rowsOf(lines)), { file, data: options.data, lines, predictions: options.predictions }, options);
}

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

/** Written beside and renamed, so that the file is whole or not there. */
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
  const beside = `${path}.partial`;
  try {
    await writeFile(beside, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
    await rename(beside, path);
  } catch (cause) {
    await rm(beside, { force: true });
    throw new UserError(
      `${path}: cannot be written (${(cause as NodeJS.ErrnoException).code}): give a place where you may write`,
      { cause },
    );
  }
};
