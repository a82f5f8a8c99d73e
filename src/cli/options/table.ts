import { Option } from 'commander';
import type { Option as Entry, OptionTable, Values } from '../../training.ts';
import { amount, count, index, oneOf, share } from './options.ts';

/** Options of the command line from a table of the library: all of it, or one group of its entries. */
export const optionsOf = (table: OptionTable, group?: string): Option[] =>
  Object.values(table)
    .filter((entry) => group === undefined || entry.group === group)
    .map(optionOf);

/** Option of the command line from an entry of a table. The default is the library's: it is shown, and not set. */
export const optionOf = (entry: Entry): Option => {
  const { flag, choices = [] } = entry;
  const description = `${entry.meaning}${defaultOf(entry)}`;
  const option = {
    count: () => count(flag, description),
    index: () => index(flag, description),
    amount: () => amount(flag, description),
    share: () => share(flag, description),
    choice: () => oneOf(flag, description, choices),
    path: () => new Option(flag, description),
    pattern: () => new Option(flag, description),
    switch: () => new Option(flag, description),
  }[entry.kind]();
  return entry.conflicts === undefined ? option : option.conflicts(entry.conflicts);
};

const defaultOf = ({ default: usual, otherwise }: Entry): string => {
  const words = otherwise ?? usual;
  return words === undefined ? '' : ` (default: ${words})`;
};

/** Values of a table's options, by the names of the library, from what Commander parsed. */
export const valuesOf = <T extends OptionTable>(table: T, parsed: object): Values<T> =>
  Object.fromEntries(
    Object.entries(table).map(([name, entry]) => [
      name,
      (parsed as Readonly<Record<string, unknown>>)[optionOf(entry).attributeName()],
    ]),
  ) as Values<T>;
