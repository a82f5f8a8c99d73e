import { join } from 'node:path';
import { Command } from 'commander';
import { noticeOf, type QuickstartReport, REPRODUCIBILITY } from '../../studies/quickstart/content.ts';
import { type QuickstartOptions, quickstart, quickstartSizes } from '../../studies/quickstart/quickstart.ts';
import type { Recipe } from '../../studies/quickstart/students.ts';
import { existingFile } from '../../studies/shipped/files.ts';
import { given, jsonOption, seedOption, threadsOption } from '../options/options.ts';
import { checkOutputFolder } from '../options/output.ts';
import { listenForInterrupt, sayStopped } from '../terminal/interrupt.ts';
import { printableLine } from '../terminal/printable.ts';
import { openParts } from '../terminal/progress.ts';
import { commandOf } from '../terminal/quote.ts';
import { durationOf, grouped, percent, print, tableOf } from '../terminal/table.ts';

interface Options {
  readonly teacher?: string | undefined;
  readonly pretrained?: string | undefined;
  readonly student?: string | undefined;
  readonly out: string;
  readonly seed: number;
  readonly all?: boolean | undefined;
  readonly tiny?: boolean | undefined;
  readonly resume?: boolean | undefined;
  readonly threads?: number | undefined;
  readonly json?: boolean | undefined;
}

const examples = `
Examples:
  $ dide quickstart
  $ dide quickstart --all --seed 1 --out runs/seed-1
  $ dide quickstart --tiny

What it does: writes generated pictures with questions, fine-tunes the pre-trained student that comes with the package with
and without the teacher, evaluates both beside the teacher and the shipped student, which had hours, caches all pictures
with the shipped one, asks one question about all of them, and writes report.html.`;

/** `dide quickstart`: data, training, evaluation, cache and question in one run. */
export const quickstartCommand = (): Command =>
  new Command('quickstart')
    .description('Runs the whole path once: data, teacher, students, evaluation, cache, one question, report.')
    .option('--out <folder>', 'where data, runs and report go', 'runs/quickstart')
    .option(
      '--teacher <file>',
      'a fusion encoder such as `dide remake teacher-mini` makes (default: the one that comes with the package)',
    )
    .option(
      '--pretrained <file>',
      'the student after stage 1 to begin with (default: the one that comes with the package)',
    )
    .option('--student <file>', 'the student that serves (default: the one that comes with the package)')
    .option('--all', 'also a student that learns from soft labels alone')
    .option('--tiny', 'a few updates on a few pictures, for trying out: under a minute, and nothing is learnt')
    .option('--resume', 'go on with a quickstart that was stopped')
    .addOption(seedOption())
    .addOption(threadsOption())
    .addOption(jsonOption())
    .addHelpText('after', examples)
    .action(run);

const run = async (options: Options): Promise<void> => {
  checkOutputFolder(options.out);
  const teacher = existingFile('teacher-mini', options.teacher);
  const pretrained = existingFile('student-pretrained-mini', options.pretrained);
  const student = existingFile('student-mini', options.student);
  const recipes: Recipe[] = options.all ? ['hard', 'soft', 'soft+attention'] : ['hard', 'soft+attention'];
  const report = await quickstartUntilInterrupted({
    ...{ teacher, pretrained, student },
    folder: options.out,
    seed: options.seed,
    recipes,
    size: options.tiny ? quickstartSizes.tiny : quickstartSizes.full,
    resume: options.resume ?? false,
    command: commandOf(['npm', 'run', 'quickstart', '--', '--seed', `${options.seed}`, ...flagsOf(options)]),
    ...given({ threads: options.threads }),
  });
  if (!report) return;
  print(`${textOf(report)}\n\nOpen ${printableLine(join(options.out, 'report.html'))}`, report, options);
};

/** Undefined where a signal stopped it: the students' checkpoints are kept. */
const quickstartUntilInterrupted = async (options: QuickstartOptions): Promise<QuickstartReport | undefined> => {
  using bars = openParts();
  using interrupt = listenForInterrupt();
  try {
    return await quickstart({ ...options, onProgress: bars.update, signal: interrupt.signal });
  } catch (error) {
    if (!interrupt.signal.aborted || error !== interrupt.signal.reason) throw error;
    bars[Symbol.dispose]();
    sayStopped('Stopped; what the students have learnt is kept. To go on: the same command with --resume.');
    return undefined;
  }
};

/** The flags on which the numbers depend, beside the seed. */
const flagsOf = ({ all, tiny }: Options): string[] => [...(all ? ['--all'] : []), ...(tiny ? ['--tiny'] : [])];

/** 1.41 -> 1.4 times, 0.0095 -> 1/105. */
const ratioOf = (ratio: number): string =>
  ratio < 0.5 ? `1/${Math.round(1 / ratio)}` : `${ratio.toPrecision(2)} times`;

/** The report in short: its tables, findings and duration. */
const textOf = (report: QuickstartReport): string => {
  const notice = noticeOf(report);
  const { accuracy, cost } = tablesOf(report);
  return [
    ...(notice === undefined ? [] : [notice, '']),
    accuracy,
    `always the commonest answer to that kind of question: ${report.data.priorPercent.toFixed(1)} %`,
    ...[REPRODUCIBILITY, '', cost, ''],
    ...report.findings.map((finding) => `- ${finding}`),
    '',
    `seed ${report.seed}, ${durationOf(1000 * report.seconds)} in all`,
  ].join('\n');
};

/** The tables of accuracies and of times. */
export const tablesOf = (report: QuickstartReport): { readonly accuracy: string; readonly cost: string } => {
  const splits = Object.keys(report.models[0]!.accuracy);
  const cellOf = ({ mean, low, high }: { mean: number; low: number; high: number }): string =>
    `${percent(mean)} (${(100 * low).toFixed(1)}-${(100 * high).toFixed(1)})`;
  const accuracy = report.models.map(({ name, parameters, updates, accuracy: of }) => [
    name,
    grouped(parameters),
    grouped(updates),
    ...splits.map((split) => cellOf(of[split]!)),
  ]);
  const slowest = report.latency[0]!;
  const latency = report.latency.map(({ what, millisecondsPerImage }) => [
    what,
    `${millisecondsPerImage.toPrecision(3)} ms an image`,
    ratioOf(millisecondsPerImage / slowest.millisecondsPerImage),
  ]);
  return {
    accuracy: tableOf([['accuracy (95 % interval)', 'parameters', 'updates', ...splits], ...accuracy]),
    cost: tableOf([['one more question', 'time', 'beside the first'], ...latency]),
  };
};
