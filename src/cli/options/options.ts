import { availableParallelism } from 'node:os';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { counted } from '../../errors.ts';

/** Parser of an option that is a whole number of at least `least`. @throws InvalidArgumentError for anything else. */
const whole =
  (least: number) =>
  (text: string): number => {
    const value = Number(text);
    if (text.trim() !== '' && Number.isSafeInteger(value) && value >= least) return value;
    throw new InvalidArgumentError(`Give a whole number from ${least} up.`);
  };

/** Parser of an option that is a number from `least` to `most`. @throws InvalidArgumentError for anything else. */
const between =
  (least: number, most: number) =>
  (text: string): number => {
    const value = Number(text);
    if (text.trim() !== '' && value >= least && value <= most) return value;
    const bounds = most === Number.POSITIVE_INFINITY ? `from ${least} up` : `between ${least} and ${most}`;
    throw new InvalidArgumentError(`Give a number ${bounds}.`);
  };

/** Option whose value is a whole number from 1 up. */
export const count = (flags: string, description: string): Option => new Option(flags, description).argParser(whole(1));

/** Option whose value is a whole number from 0 up. */
export const index = (flags: string, description: string): Option => new Option(flags, description).argParser(whole(0));

/** Option whose value is a ratio from 0 to 1. */
export const share = (flags: string, description: string): Option =>
  new Option(flags, description).argParser(between(0, 1));

/** Option whose value is a number from 0 up. */
export const amount = (flags: string, description: string): Option =>
  new Option(flags, description).argParser(between(0, Number.POSITIVE_INFINITY));

/** Option whose value is one of a few words. */
export const oneOf = (flags: string, description: string, words: readonly string[]): Option =>
  new Option(flags, description).choices(words);

/** Adds options to a command. */
export const addOptions = (command: Command, options: readonly Option[]): Command => {
  for (const option of options) command.addOption(option);
  return command;
};

/** `--json`, `--threads` and `--seed` mean the same in every verb. */
export const jsonOption = (): Option => new Option('--json', 'print one JSON object on stdout instead of a table');
export const threadsOption = (): Option =>
  new Option('--threads <n>', 'cores to compute with (default: all)').argParser((text) => usable(whole(1)(text)));

/**
 * More threads than cores only wait for each other, so the number is held to that of the cores, and a warning says so.
 */
const usable = (threads: number): number => {
  const cores = availableParallelism();
  if (threads <= cores) return threads;
  process.stderr.write(
    `--threads ${threads}: this process has ${counted(cores, 'core')}, and no more threads are used\n`,
  );
  return cores;
};

export const seedOption = (): Option => index('--seed <n>', 'the same seed gives the same result').default(0);

/** An object without its undefined entries, for records in which an absent key means the default. */
export const given = <T extends object>(options: T): { [K in keyof T]?: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
