import { Option } from 'commander';
import { transformLines } from '../../../scale.ts';
import { commandOf } from '../../terminal/quote.ts';
import { count } from '../options.ts';
import { GROUP } from './pieces.ts';

/** Options of verbs whose work Spark may carry. */
export interface SparkFlags {
  readonly spark?: string | undefined;
  readonly sparkTasks?: number | undefined;
  readonly sparkCommand?: string | undefined;
}

/** Tasks that Spark divides the work into, unless a number is given. */
export const TASKS = 32;

/** `--spark` and what belongs to it. */
export const sparkOptions = (): Option[] =>
  [
    new Option(
      '--spark <address>',
      'have a cluster of Spark do the pieces, by Spark Connect: sc://host:15002',
    ).conflicts(['list', 'pieces', 'merge', 'stream']),
    count('--spark-tasks <n>', `tasks of Spark, each a process (default: ${TASKS})`),
    new Option(
      '--spark-command <command>',
      'how dide is started on the machines of the cluster (default: as here, by the same paths)',
    ),
  ].map((option) => option.helpGroup(GROUP));

/** A command line, and its options. */
export interface SparkCommand {
  /** The words after `dide`. */
  readonly words: readonly string[];
  readonly options: SparkFlags & { readonly threads?: number | undefined };
}

/** Has Spark do pieces of the work of a command, which it starts in the same folder on each machine. → what is printed */
export const doneBySpark = (
  { words, options }: SparkCommand,
  lines: readonly string[],
  signal?: AbortSignal,
): AsyncGenerator<string, void, undefined> => {
  const { spark, sparkTasks = TASKS, sparkCommand, threads } = options;
  const dide = sparkCommand ?? commandOf([process.execPath, ...process.execArgv, process.argv[1]!]);
  // a task has a core of its own, as a rule
  const own = [...withoutOwn(words), '--pieces', '-', ...(threads === undefined ? ['--threads', '1'] : [])];
  const command = `cd ${commandOf([process.cwd()])} && exec ${dide} ${commandOf(own)}`;
  return transformLines({ spark: spark!, command, lines, tasks: sparkTasks, signal });
};

/** The words of a command without those that are for the process that asks Spark. */
const withoutOwn = (words: readonly string[]): string[] => {
  const left: string[] = [];
  for (let i = 0; i < words.length; i += 1) {
    if (/^--spark(-tasks|-command)?$/.test(words[i]!)) i += 1;
    else if (!/^(--spark(-tasks|-command)?=.*|--json|--verbose)$/s.test(words[i]!)) left.push(words[i]!);
  }
  return left;
};
