import { type Command, InvalidArgumentError, Option } from 'commander';
import type { ImageFilter, RankingOptions } from '../../query.ts';
import { count, oneOf } from './options.ts';

/** Options of all verbs that choose among cached images. */
export interface FilterFlags {
  readonly path?: readonly string[] | undefined;
  readonly folder?: readonly string[] | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly minSize?: number | undefined;
  readonly maxSize?: number | undefined;
}

/** Options of all verbs that order and cut what they found. */
export interface RankingFlags {
  readonly top?: number | undefined;
  readonly atLeast?: number | undefined;
  readonly sort?: RankingOptions['sort'] | undefined;
  readonly order?: RankingOptions['order'] | undefined;
  readonly nearDuplicates?: number | undefined;
}

/** `--cache` that may be given several times. */
export const cachesOption = (): Option =>
  repeated(
    '--cache <place>',
    'what `dide cache` wrote: a folder, postgres://user@host/database?cache=name, or s3://bucket/prefix; may be repeated, and all are asked as one',
  ).makeOptionMandatory();

/** Option that may be given several times. */
export const repeated = (flags: string, description: string): Option =>
  new Option(flags, description).argParser((text: string, before: readonly string[] | undefined) => [
    ...(before ?? []),
    text,
  ]);

/** Parser of a number within bounds. */
const within =
  (least: number, most: number) =>
  (text: string): number => {
    const value = Number(text);
    if (text.trim() !== '' && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`Give a number between ${least} and ${most}.`);
  };

const UNITS: Readonly<Record<string, number>> = { '': 1, k: 1e3, m: 1e6, g: 1e9 };

/** 300kB → 300000 */
const bytesIn = (text: string): number => {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?)\s*([kmg]?)b?$/i.exec(text.trim()) ?? [];
  if (number === undefined) throw new InvalidArgumentError('Give a size such as 300kB, 2MB or 150000.');
  return Number(number) * UNITS[unit.toLowerCase()]!;
};

const CHOICE = 'Which images:';
const ORDER = 'Which of them are returned, and in what order:';

/** Adds the options of a filter. */
export const addFilterOptions = (command: Command): Command => {
  const options = [
    repeated('--path <glob>', "paths that fit '2024/**/*.jpg' or '*.png', and not '!*.png'; may be repeated"),
    repeated('--folder <folder>', 'in this folder of the cached one, or below it; may be repeated'),
    new Option('--from <date>', 'taken then or later: 2024, 2024-07, 2024-07-14 or 2024-07-14T18:30'),
    new Option('--to <date>', 'taken then or earlier, to the end of that year, month or day'),
    new Option('--min-size <size>', 'files at least so large: 300kB, 2MB').argParser(bytesIn),
    new Option('--max-size <size>', 'files at most so large').argParser(bytesIn),
  ];
  for (const option of options) command.addOption(option.helpGroup(CHOICE));
  return command;
};

/** Adds the options of an order. @param score what `--at-least` and `--sort` are of */
export const addRankingOptions = (command: Command, score: 'probability' | 'score'): Command => {
  const sort = oneOf('--sort <by>', `by ${score} (default), date taken, or path`, [score, 'date', 'path']);
  const least = score === 'probability' ? 0 : -1;
  const options = [
    new Option('--at-least <p>', `images whose ${score} is at least p`).argParser(within(least, 1)),
    sort,
    oneOf('--order <order>', `default: highest ${score} first, newest first, paths from A to Z`, [
      'ascending',
      'descending',
    ]),
    count('--top <n>', 'number of images (default: 10, and in the file of --out all)'),
    new Option(
      '--near-duplicates <distance>',
      'hide images within this cosine distance of one that is shown; 0: only files of the same bytes',
    ).argParser(within(0, 2)),
  ];
  for (const option of options) command.addOption(option.helpGroup(ORDER));
  return command;
};

/** The library's filter from the options of the command line. */
export const filterOf = ({ path, folder, from, to, minSize, maxSize }: FilterFlags): ImageFilter => ({
  ...{ paths: path, folder, from, to },
  ...{ minBytes: minSize, maxBytes: maxSize },
});

/** Number of images where `--top` does not say it. */
const TOP = 10;

/** The library's order from the options of the command line. @param isWritten whether all results go to a file */
export const rankingOf = (
  { top, atLeast, sort, order, nearDuplicates }: RankingFlags,
  isWritten: boolean,
): RankingOptions => ({ top: top ?? (isWritten ? undefined : TOP), ...{ atLeast, sort, order, nearDuplicates } });

/**
 * The library's order for verbs that count what they find: all images, of which `--top` are kept afterwards. Where
 * near-duplicates are grouped `--top` holds at once, since each image is compared with all groups.
 */
export const countingRankingOf = (options: RankingFlags): RankingOptions => ({
  ...rankingOf(options, true),
  top: options.nearDuplicates === undefined ? undefined : (options.top ?? TOP),
});

/** Number of rows that a table on the terminal has. */
export const shownRows = ({ top }: RankingFlags): number => top ?? TOP;
