import { type Command, Option } from 'commander';
import { createSkipPolicy, type LeftOut, type PreprocessorOptions } from '../../data.ts';
import { counted } from '../../errors.ts';
import { type Example, type FinetuneOptions, type Learnable, UserError } from '../../index.ts';
import { printNotice } from '../terminal/notice.ts';
import { printableLine } from '../terminal/printable.ts';
import { type Cell, grouped, percent } from '../terminal/table.ts';
import { pullingTask } from './hub.ts';
import { verboseOption } from './images.ts';
import { addOptions, given, oneOf } from './options.ts';

/** Options for data that are incomplete or damaged. */
export interface DataOptions {
  readonly missing: 'refuse' | 'skip';
  readonly strict?: boolean | undefined;
  readonly verbose?: boolean | undefined;
}

/** `--missing`, `--strict` and `--verbose`: images that are not there, and examples that cannot be read. */
export const dataOptions = (): Option[] => [
  oneOf('--missing <what>', 'examples whose picture is not there', ['refuse', 'skip']).default('refuse'),
  new Option(
    '--strict',
    'stop at the first row or picture that cannot be read, instead of leaving it out and telling of it',
  ),
  verboseOption(),
];

/** Adds the options of `dataOptions` to a verb. */
export const addDataOptions = (command: Command): Command => addOptions(command, dataOptions());

/** `badRows` of the library, by `--strict`. */
export const badRowsOf = ({ strict }: Pick<DataOptions, 'strict'>): 'refuse' | 'skip' => (strict ? 'refuse' : 'skip');

/** The task, reading examples whose images are missing as `--missing` says, and rows that give none as `--strict`. */
export const lenient = <T extends Learnable>(task: T, { missing = 'refuse', strict }: Partial<DataOptions>): T =>
  pullingTask({
    ...task,
    read: (folder, split, options) => task.read(folder, split, { missing, badRows: badRowsOf({ strict }), ...options }),
  });

/** Number of unreadable examples that a report lists. */
const NAMED = 3;

/** Numbers of a split: those found are the sum of the others. Rows that give no example count as one each. */
export interface SplitCounts {
  readonly split: string;
  readonly found: number;
  readonly used: number;
  /** Rows that give no example. */
  readonly badRows: number;
  /** Annotations whose picture is not there. */
  readonly missing: number;
  /** Annotations without their other half: a caption without an image, a question without an answer among the classes. */
  readonly incomplete: number;
  /** Captions that repeat another one of their image. */
  readonly repeated: number;
  /** Examples whose picture cannot be read. */
  readonly unreadable: number;
}

interface ReadSplit {
  readonly examples: readonly Example[];
  readonly leftOut: readonly LeftOut[];
}

/** Counts what a verb finds and leaves out, for its report; with `--verbose` each is told by name. */
export const openTolerance = ({ strict, verbose }: Pick<DataOptions, 'strict' | 'verbose'>) => {
  const unreadable = createSkipPolicy();
  const lost = new Set<string>();
  const splits = new Map<string, ReadSplit>();
  const onUnreadable: PreprocessorOptions['onUnreadable'] = (failure, example) => {
    lost.add(example.id);
    unreadable.listen(failure, example);
  };
  return {
    /** Options of `preprocessorFor` and `finetune`. */
    preprocessor: strict ? {} : ({ onUnreadable } satisfies Partial<PreprocessorOptions>),
    /** The task, with the examples of each split counted as they are read. */
    counting: <T extends Learnable>(task: T): T => ({
      ...task,
      read: async (folder, split, options) => {
        const leftOut: LeftOut[] = [];
        const onLeftOut = (one: LeftOut): void => void leftOut.push(one);
        const examples = await task.read(folder, split, { ...options, onLeftOut });
        if (verbose) for (const { why } of leftOut) printNotice(`left out: ${why}`);
        splits.set(split, { examples, leftOut });
        return examples;
      },
    }),
    failures: unreadable.failures,
    /** Numbers of each split that was read. */
    counts: (): SplitCounts[] => [...splits].map(([split, read]) => countsOf(split, read, lost)),
    /** Why rows and annotations gave no example, a sentence each. */
    leftOut: (): string[] => [...splits.values()].flatMap((read) => read.leftOut.map(({ why }) => why)),
    /** Number of unreadable examples and the first few, or with `--verbose` all, a line each; none where all were read. */
    lines: (): string[] => {
      const all = unreadable.failures();
      if (all.length === 0) return [];
      const head = `${counted(all.length, 'example')} could not be read and ${all.length === 1 ? 'was' : 'were'} left out:`;
      const named = verbose ? all : all.slice(0, NAMED);
      const rest = all.length - named.length;
      return [head, ...named.map((why) => printableLine(`  ${why}`)), ...(rest > 0 ? [`  … and ${rest} more`] : [])];
    },
  };
};

const countsOf = (split: string, { examples, leftOut }: ReadSplit, lost: ReadonlySet<string>): SplitCounts => {
  const numberOf = (kind: LeftOut['kind']): number => leftOut.filter((one) => one.kind === kind).length;
  const unreadable = examples.filter(({ id }) => lost.has(id)).length;
  return {
    ...{ split, found: examples.length + leftOut.length, used: examples.length - unreadable },
    ...{ badRows: numberOf('bad row'), missing: numberOf('missing image') },
    ...{ incomplete: numberOf('incomplete'), repeated: numberOf('repeated'), unreadable },
  };
};

/** Numbers of a split in words: `40 found, all used`, or `40 found: 37 used, 2 bad rows, 1 unreadable`. */
export const countsText = ({ found, used, ...others }: Omit<SplitCounts, 'split'>): string => {
  if (found === used) return `${grouped(found)} found, all used`;
  const texts = Object.entries(REASONS).flatMap(([reason, text]) => {
    const number = (others as Readonly<Record<string, number | undefined>>)[reason] ?? 0;
    return number === 0 ? [] : [`${grouped(number)} ${number === 1 ? text[0] : text[1]}`];
  });
  return `${grouped(found)} found: ${[`${grouped(used)} used`, ...texts].join(', ')}`;
};

/** Reasons for which something is not used, of one and of several. */
const REASONS = {
  badRows: ['row that gives no example', 'rows that give no example'],
  missing: ['without its picture', 'without their pictures'],
  incomplete: ['incomplete', 'incomplete'],
  repeated: ['repeated', 'repeated'],
  unreadable: ['unreadable', 'unreadable'],
  notLearnt: ['outside of --only, or without an answer', 'outside of --only, or without an answer'],
  beyond: ['beyond --gallery', 'beyond --gallery'],
} as const;

/** Counts of what a verb found, left out and could not read. */
export type Tolerance = Omit<ReturnType<typeof openTolerance>, 'counting' | 'preprocessor'>;

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
