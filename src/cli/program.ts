import { readFileSync } from 'node:fs';
import { styleText } from 'node:util';
import { Command, CommanderError, Help, type Option } from 'commander';
import { UserError } from '../errors.ts';
import { checkCommandLine } from './terminal/command-line.ts';
import { printableLine } from './terminal/printable.ts';
import { explainSystemError } from './terminal/system-error.ts';
import { type Verb, verbs } from './verbs.ts';

/** Exit codes: 0 done, 1 something that the user can mend, 70 a fault of ours (sysexits' EX_SOFTWARE). */
export const exits = { userError: 1, fault: 70 } as const;

const examples = `
A whole journey, at toy size (seconds) and in full (drop --tiny):
  $ dide scenes data/scenes --tiny
  $ dide finetune --from-scratch --model vilt --data data/scenes --out runs/teacher --tiny
  $ dide finetune --teacher runs/teacher/best.safetensors --data data/scenes --out runs/student --tiny
  $ dide evaluate runs/student/best.safetensors --data data/scenes --split test-iid
  $ dide cache runs/student/best.safetensors data/scenes/images/test-iid --to data/cache
  $ dide ask runs/student/best.safetensors "is there a red star?" --cache data/cache

dide <verb> --help explains a verb. Exit codes: 0 done, 1 something to mend, 70 a fault of dide, 130 stopped by
Ctrl-C, 143 by a request to end (SIGTERM).`;

/**
 * The command line that `argv` asks for, not yet run: the verb that it names is loaded, the others are their names and
 * summaries.
 */
export const createProgram = async (argv: readonly string[]): Promise<Command> => {
  const program = new Command('dide')
    .description('Distilled dual encoders for vision-language understanding: train, cache and ask.')
    .version(versionOf(), '-v, --version')
    .addHelpText('after', examples);
  const named = verbIn(argv);
  for (const [name, verb] of Object.entries(verbs)) program.addCommand(await commandOf(name, verb, name === named));
  for (const command of [program, ...program.commands]) adapt(command);
  return program;
};

const commandOf = async (name: string, { summary, load }: Verb, isNamed: boolean): Promise<Command> => {
  if (!isNamed) return new Command(name).summary(summary);
  const command = (await load()).summary(summary);
  if (command.options.every(({ long }) => long !== '--threads')) return command;
  return (await import('./options/device.ts')).addDevice(command);
};

/** The first word of a command line, or the one that it asks help for: `dide ask …`, `dide help ask`. */
const verbIn = (argv: readonly string[]): string | undefined => {
  const [first, second] = argv.slice(2).filter((word) => !word.startsWith('-'));
  return first === 'help' ? second : first;
};

const adapt = (command: Command): void => {
  command
    .exitOverride()
    .allowExcessArguments(false)
    .configureOutput({
      outputError: (message, write) => write(`${red(printableLine(explain(command, oneLine(message))))}\n`),
    })
    .configureHelp({
      helpWidth: Math.min(110, process.stdout.columns ?? 110),
      optionDescription,
      visibleOptions,
      groupItems,
    });
};

/** The parser stops at the first argument or option that is missing; the message names all of them. */
const explain = (command: Command, message: string): string => {
  const asks = command.registeredArguments.some((argument) => /^(question|text)$/.test(argument.name()));
  if (asks && message.startsWith('too many arguments')) return `${message} Write the text in quotes: "is there a dog?"`;
  if (!/^(required option|missing required argument)/.test(message)) return message;
  const values = command.registeredArguments.filter(({ required }, place) => required && place >= command.args.length);
  const options = command.options.filter(
    (option) => option.mandatory && command.getOptionValue(option.attributeName()) === undefined,
  );
  const missing = [...values.map((argument) => `<${argument.name()}>`), ...options.map(({ flags }) => flags)];
  return `dide ${command.name()} needs ${missing.join(' and ')}: see dide ${command.name()} --help`;
};

/** A verb's own options stand before those under a heading. */
const visibleOptions = (command: Command): Option[] =>
  new Help()
    .visibleOptions(command)
    .sort((a, b) => Number(a.helpGroupHeading !== undefined) - Number(b.helpGroupHeading !== undefined));

/** Headings in the order of the options that are shown, not of all. */
const groupItems = <T extends Command | Option>(
  _all: T[],
  visible: T[],
  groupOf: (item: T) => string,
): Map<string, T[]> => new Help().groupItems(visible, visible, groupOf);

const optionDescription = (option: Option): string => {
  const described = new Help().optionDescription(option);
  return option.mandatory ? `${described} (required)` : described;
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

/**
 * Runs the command line, and returns its exit code. Errors are told on stderr: ours with their stack, the user's
 * without.
 */
export const run = async (argv: readonly string[]): Promise<number> => {
  try {
    checkCommandLine();
    const program = await createProgram(argv);
    await program.parseAsync(argv);
    return Number(process.exitCode ?? 0);
  } catch (error) {
    // Commander has printed its own message, and takes help and version for errors of code 0.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : exits.userError;
    const explained = explainSystemError(error);
    const lines = error instanceof UserError ? error.lines : explained === undefined ? undefined : [explained];
    process.stderr.write(`${red(shortened(lines ?? faultOf(error)))}\n`);
    return lines === undefined ? exits.fault : exits.userError;
  }
};

/** Letters of an error that are printed. */
const LONGEST_ERROR = 10_000;

/** Names of a foreign file are part of errors: they may neither fill the terminal, nor give it orders, nor begin a line. */
const shortened = (lines: readonly string[]): string => {
  const text = lines.map(printableLine).join('\n');
  return text.slice(0, LONGEST_ERROR) + (text.length > LONGEST_ERROR ? ` … (${text.length} letters)` : '');
};

const faultOf = (error: unknown): string[] => {
  const stack = (error instanceof Error && error.stack) || String(error);
  return ['This is a fault of dide; please report it with what follows.', ...stack.split('\n')];
};
