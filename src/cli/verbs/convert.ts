import { Command, Option } from 'commander';
import { type Converted, convertExamples, convertedFormats } from '../../data.ts';
import { verboseOption } from '../options/images.ts';
import { jsonOption, oneOf } from '../options/options.ts';
import { checkOutputFolder } from '../options/output.ts';
import { megapixelsOption } from '../options/pictures.ts';
import { recordsNamed, type TaskName, taskOption } from '../options/tasks.ts';
import { listenForInterrupt, sayStopped } from '../terminal/interrupt.ts';
import { printableLine } from '../terminal/printable.ts';
import { openProgress } from '../terminal/progress.ts';
import { durationOf, grouped, print, tableOf } from '../terminal/table.ts';

type ConvertOptions = Parameters<typeof convertExamples>[1];

interface Options {
  readonly to: string;
  readonly format: (typeof convertedFormats)[number];
  readonly task: TaskName;
  readonly split: readonly string[];
  readonly missing: 'refuse' | 'skip';
  readonly strict?: boolean | undefined;
  readonly verbose?: boolean | undefined;
  readonly maxMegapixels?: number | undefined;
  readonly json?: boolean | undefined;
}

const examples = `
Examples:
  $ dide convert data/vqav2 --to shards/vqav2 --format webdataset
  $ dide convert data/arrow --to shards/nlvr2 --format parquet --task nlvr2 --split train validation test

It reads every layout of docs/data.md: the ViLT code's Arrow files, the JSON of VQAv2, NLVR2, SNLI-VE, COCO, Karpathy's
splits, ALBEF and LAVIS, WebDataset shards, parquet and Arrow of Hugging Face, and folders with JSON lines or CSV.`;

/** `dide convert`: writes a data set, in any known layout, as shards or parquet. */
export const convertCommand = (): Command =>
  new Command('convert')
    .description(
      'Writes a data set, in whatever layout it is, as WebDataset shards or parquet. Pictures keep their bytes.',
    )
    .argument('<folder>', 'the data set: a folder, a file, or shards/{00000..00013}.tar')
    .addOption(new Option('--to <folder>', 'where to; it must be new or empty').makeOptionMandatory())
    .addOption(oneOf('--format <name>', 'what to write', convertedFormats).default('webdataset'))
    .addOption(taskOption('what its examples are; retrieval is any picture with captions').default('vqa'))
    .addOption(new Option('--split <names...>', 'which splits').default(['train', 'validation']))
    .addOption(
      oneOf('--missing <what>', 'annotations whose picture is not there', ['refuse', 'skip']).default('refuse'),
    )
    .addOption(megapixelsOption())
    .option('--strict', 'stop at a row or picture that cannot be read, instead of leaving it out and listing it')
    .addOption(verboseOption())
    .addOption(jsonOption())
    .addHelpText('after', examples)
    .action(run);

async function run(folder: string, { task, strict, split: splits, verbose, json, ...options }: Options): Promise<void> {
  checkOutputFolder(options.to);
  const began = performance.now();
  const how = {
    ...options,
    records: await recordsNamed(task),
    splits,
    unreadable: strict ? 'refuse' : 'skip',
    badRows: strict ? 'refuse' : 'skip',
  } as const;
  const done = await convertedUntilInterrupted(folder, how);
  if (!done) return;
  const milliseconds = performance.now() - began;
  const rows = done.map(({ split, found: all, examples: written, leftOut, files, unreadable }) => [
    ...[split, all, written, leftOut, files, unreadable.length],
  ]);
  const left = done.flatMap(({ unreadable, notices, rows: passedOver }) => [
    ...notices.map(printableLine),
    ...(verbose ? passedOver.map(({ why }) => printableLine(`left out: ${why}`)) : []),
    ...unreadable.map((why) => printableLine(`left out: ${why}`)),
  ]);
  const found = [...new Set(done.map(({ layout }) => layout))].map((layout) => printableLine(`found ${layout}`));
  const all = done.reduce((sum, { examples: written }) => sum + written, 0);
  const pace = `${grouped(all)} ${all === 1 ? 'example' : 'examples'} in ${durationOf(milliseconds)}, ${grouped(Math.round((1000 * all) / milliseconds))} a second: ${printableLine(options.to)}`;
  const table = tableOf([['split', 'found', 'written', 'left out', 'files', 'unreadable pictures'], ...rows]);
  print(
    [...found, '', table, '', ...left, pace].join('\n'),
    { to: options.to, splits: done, milliseconds },
    json ? { json } : {},
  );
}

/**
 * The converted splits, with a progress bar that shows the pace of the current one. Undefined where a signal stopped it:
 * nothing is left then.
 */
const convertedUntilInterrupted = async (folder: string, options: ConvertOptions): Promise<Converted[] | undefined> => {
  using interrupt = listenForInterrupt();
  const { signal } = interrupt;
  try {
    return await convertWithProgress(folder, { ...options, signal });
  } catch (error) {
    if (!signal.aborted || error !== signal.reason) throw error;
    sayStopped(`Stopped; nothing was written to ${options.to}.`);
    return undefined;
  }
};

const convertWithProgress = async (folder: string, options: ConvertOptions): Promise<Converted[]> => {
  using progress = openProgress('convert');
  const began = new Map<string, number>();
  const onProgress: typeof options.onProgress = ({ split, done, of }) => {
    if (!began.has(split)) began.set(split, performance.now());
    const seconds = (performance.now() - began.get(split)!) / 1000;
    progress.update(done, of, seconds > 0 ? `${split} · ${grouped(Math.round(done / seconds))} examples/s` : split);
  };
  const done: Converted[] = [];
  for await (const one of convertExamples(folder, { ...options, onProgress })) done.push(one);
  return done;
};
