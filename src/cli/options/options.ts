import { InvalidArgumentError, Option } from 'commander';

/** Reads an option's whole number of at least `least`. */
const whole =
  (least: number) =>
  (text: string): number => {
    const value = Number(text);
    if (text.trim() !== '' && Number.isSafeInteger(value) && value >= least) return value;
    throw new InvalidArgumentError(`Give a whole number from ${least} up.`);
  };

/** Reads an option's number above `above`, at most `most`. */
const between =
  (above: number, most: number) =>
  (text: string): number => {
    const value = Number(text);
    if (text.trim() !== '' && value >= above && value <= most) return value;
    const bounds = most === Number.POSITIVE_INFINITY ? `from ${above} up` : `between ${above} and ${most}`;
    throw new InvalidArgumentError(`Give a number ${bounds}.`);
  };

/** An option that counts something, from 1 up. */
export const count = (flags: string, description: string): Option => new Option(flags, description).argParser(whole(1));

/** An option that is a share, 0 to 1. */
export const share = (flags: string, description: string): Option =>
  new Option(flags, description).argParser(between(0, 1));

/** An option that is a number from 0 up. */
export const amount = (flags: string, description: string): Option =>
  new Option(flags, description).argParser(between(0, Number.POSITIVE_INFINITY));

/** An option that is one of a few words. */
export const oneOf = (flags: string, description: string, words: readonly string[]): Option =>
  new Option(flags, description).choices(words);

/** Options that several verbs share, each with one meaning everywhere. */
export const jsonOption = (): Option => new Option('--json', 'print one JSON object on stdout instead of a table');
export const threadsOption = (): Option => count('--threads <n>', 'cores to compute with (default: all)');
export const seedOption = (): Option =>
  new Option('--seed <n>', 'the same seed gives the same result').argParser(whole(0)).default(0);

/** The entries that are there: what was not given is left to the default of whoever reads it. */
export const given = <T extends object>(options: T): { [K in keyof T]?: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
