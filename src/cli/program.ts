import { readFileSync } from 'node:fs';
import { styleText } from 'node:util';
import { Command, CommanderError } from 'commander';
import { UserError } from '../errors.ts';
import { askCommand } from './verbs/ask.ts';
import { cacheCommand } from './verbs/cache.ts';
import { convertCommand } from './verbs/convert.ts';
import { evaluateCommand } from './verbs/evaluate.ts';
import { explainCommand } from './verbs/explain.ts';
import { exportCommand } from './verbs/export.ts';
import { fetchCommand } from './verbs/fetch.ts';
import { finetuneCommand } from './verbs/finetune.ts';
import { inspectCommand } from './verbs/inspect.ts';
import { pretrainCommand } from './verbs/pretrain.ts';
import { quickstartCommand } from './verbs/quickstart.ts';
import { reproduceCommand } from './verbs/reproduce.ts';
import { scenesCommand } from './verbs/scenes.ts';
import { teacherCommand } from './verbs/teacher.ts';

/** The verbs, in the order in which one needs them; each is made by the file of its name. */
const verbs: readonly (() => Command)[] = [
  quickstartCommand,
  reproduceCommand,
  scenesCommand,
  fetchCommand,
  convertCommand,
  pretrainCommand,
  finetuneCommand,
  evaluateCommand,
  cacheCommand,
  askCommand,
  explainCommand,
  exportCommand,
  inspectCommand,
  teacherCommand,
];

/** Exit codes: 0 done, 1 something that the user can mend, 70 a fault of ours (sysexits' EX_SOFTWARE). */
export const exits = { userError: 1, fault: 70 } as const;

const examples = `
A whole journey, at toy size (seconds) and in full (drop --tiny):
  $ dide scenes data/scenes --tiny
  $ dide finetune --from-scratch --model vilt --data data/scenes --out runs/teacher --tiny
  $ dide finetune --teacher runs/teacher/best.safetensors --data data/scenes --out runs/student --tiny
  $ dide evaluate runs/student/best.safetensors --data data/scenes --split test-iid
  $ dide cache runs/student/best.safetensors data/scenes/images/test-iid --to data/cache
  $ dide ask runs/student/best.safetensors "is there a red circle?" --cache data/cache

dide <verb> --help explains a verb. Exit codes: 0 done, 1 something to mend, 70 a fault of dide, 130 stopped.`;

/** The whole command line, not yet run. */
export const createProgram = (): Command => {
  const program = new Command('dide')
    .description('Distilled dual encoders for vision-language understanding: train, cache and ask.')
    .version(versionOf(), '-v, --version')
    .addHelpText('after', examples);
  for (const verb of verbs) program.addCommand(verb());
  for (const command of [program, ...program.commands]) adapt(command);
  return program;
};

const adapt = (command: Command): void => {
  command
    .exitOverride()
    .allowExcessArguments(false)
    .configureOutput({ outputError: (message, write) => write(`${red(oneLine(message))}\n`) })
    .configureHelp({ helpWidth: Math.min(110, process.stdout.columns ?? 110) });
};

const versionOf = (): string =>
  (JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }).version;

/** Commander's `error: …` and its guess at what was meant, as one line. */
const oneLine = (message: string): string =>
  message
    .trim()
    .replace(/^error: /, '')
    .replaceAll(/\s*\n\s*/g, ' ');

const red = (text: string): string => (process.stderr.isTTY ? styleText('red', text) : text);

/** Runs the command line, and returns its exit code. Errors are told on stderr: ours with their stack, the user's without. */
export const run = async (argv: readonly string[]): Promise<number> => {
  try {
    await createProgram().parseAsync(argv);
    return Number(process.exitCode ?? 0);
  } catch (error) {
    // Commander has printed its own message, and takes help and version for errors of code 0.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : exits.userError;
    if (error instanceof UserError) process.stderr.write(`${red(printable(error.message))}\n`);
    else process.stderr.write(`${red(faultOf(error))}\n`);
    return error instanceof UserError ? exits.userError : exits.fault;
  }
};

/** Letters of an error that are printed. */
const LONGEST_ERROR = 10_000;

/** Names of a foreign file are part of errors: they may neither fill the terminal nor give it orders. */
const printable = (message: string): string =>
  message.slice(0, LONGEST_ERROR).replaceAll(/[^\P{Cc}\n\t]/gu, '\ufffd') +
  (message.length > LONGEST_ERROR ? ` … (${message.length} letters)` : '');

const faultOf = (error: unknown): string =>
  `This is a fault of dide; please report it with what follows.\n${error instanceof Error ? error.stack : String(error)}`;
