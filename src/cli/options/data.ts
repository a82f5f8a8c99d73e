import { type Command, Option } from 'commander';
import { createSkipPolicy, type PreprocessorOptions } from '../../data.ts';
import { counted } from '../../errors.ts';
import { type FinetuneOptions, type Learnable, UserError } from '../../index.ts';
import { printNotice } from '../terminal/notice.ts';
import { type Cell, percent } from '../terminal/table.ts';
import { addOptions, given, oneOf } from './options.ts';

/** Options for data that are incomplete or damaged. */
export interface DataOptions {
  readonly missing: 'refuse' | 'skip';
  readonly strict?: boolean | undefined;
}

/** `--missing` and `--strict`: images that are not there, and examples that cannot be read. */
export const dataOptions = (): Option[] => [
  oneOf('--missing <what>', 'examples whose picture is not there', ['refuse', 'skip']).default('refuse'),
  new Option(
    '--strict',
    'stop at the first row or picture that cannot be read, instead of leaving it out and telling of it',
  ),
];

/** Adds the options of `dataOptions` to a verb. */
export const addDataOptions = (command: Command): Command => addOptions(command, dataOptions());

/** `badRows` of the library, by `--strict`. */
export const badRowsOf = ({ strict }: Pick<DataOptions, 'strict'>): 'refuse' | 'skip' => (strict ? 'refuse' : 'skip');

/** The task, reading examples whose images are missing as `--missing` says, and rows that give none as `--strict`. */
export const lenient = <T extends Learnable>(task: T, { missing = 'refuse', strict }: Partial<DataOptions>): T => ({
  ...task,
  read: (folder, split, options) => task.read(folder, split, { missing, badRows: badRowsOf({ strict }), ...options }),
});

/** Number of unreadable examples that a report lists. */
const NAMED = 3;

/** Collects the examples that a verb cannot read, for its report. */
export const openTolerance = ({ strict }: Pick<DataOptions, 'strict'>) => {
  const unreadable = createSkipPolicy();
  return {
    /** Options of `preprocessorFor` and `finetune`. */
    preprocessor: strict ? {} : ({ onUnreadable: unreadable.listen } satisfies Partial<PreprocessorOptions>),
    failures: unreadable.failures,
    /** Their number and the first few, a line each; empty where all could be read. */
    lines: (): string[] => {
      const all = unreadable.failures();
      if (all.length === 0) return [];
      const [head, rest] = [
        `${counted(all.length, 'example')} could not be read and ${all.length === 1 ? 'was' : 'were'} left out:`,
        all.length - NAMED,
      ];
      return [head, ...all.slice(0, NAMED).map((why) => `  ${why}`), ...(rest > 0 ? [`  … and ${rest} more`] : [])];
    },
  };
};

/** Examples that a verb could not read. */
export type Tolerance = Pick<ReturnType<typeof openTolerance>, 'failures' | 'lines'>;

/** Splits on which the authors' code selects the best weights (`the_metric` of the ViLT code); VQA's is `rest_val`. */
const REFERENCE: Readonly<Record<string, string>> = {
  nlvr2: 'test',
  ve: 'test',
  retrieval: 'test',
  vqa: 'validation',
};

/** `--select`: the split on which the best weights are chosen. */
export const selectOption = (): Option =>
  new Option(
    '--select <split>',
    "split on which the best weights are chosen; reference: the authors' own, test for all but VQA",
  ).default('validation');

/**
 * The split that `--select` names. Any other than validation is warned of: a result on the split that chose the weights
 * is too good.
 *
 * @throws UserError where `reference` is asked for a task that the authors' code does not know.
 */
export const selectedSplit = (
  select: string | undefined,
  { name }: Pick<Learnable, 'name'>,
): Pick<FinetuneOptions, 'selectOn'> => {
  const split = select === 'reference' ? REFERENCE[name] : (select ?? 'validation');
  if (split === undefined)
    throw new UserError(`--select reference: the authors have no task ${name}: give the name of a split`);
  if (split === 'validation') return {};
  const why = select === 'reference' ? "as the authors' code does it" : 'as asked';
  printNotice(
    `warning: the best weights are chosen on ${split}, ${why}: what they reach there is too good to be told as a result.`,
  );
  return given({ selectOn: split });
};

/** Ratio of a training's time, and milliseconds of it, above which waiting for data is worth acting on. */
const MUCH = { ratio: 0.1, milliseconds: 30_000 } as const;

/** Adds up how long the updates of a training took, and how long they waited for their data. */
export const createWaiting = () => {
  let [waited, whole] = [0, 0];
  const share = (): number => (whole === 0 ? 0 : waited / whole);
  return {
    add: (step: { readonly milliseconds: number; readonly waitMilliseconds: number }): void => {
      waited += step.waitMilliseconds;
      whole += step.milliseconds;
    },
    share,
    /** `pixels` is the shortest side that the model reads. */
    fact: (pixels: number): [string, Cell] => {
      const isMuch = share() > MUCH.ratio && waited > MUCH.milliseconds;
      const advice = `: keep the pictures no larger than ${pixels} pixels at their shortest side, or leave cores to reading with fewer --threads`;
      return ['waited for data', `${percent(share())}${isMuch ? advice : ''}`];
    },
  };
};
