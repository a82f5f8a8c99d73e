import { basename, join } from 'node:path';
import { UserError } from '../errors.ts';
import { type Repository, repositoryOf, shownRepository } from './address.ts';
import { contentsOf } from './model.ts';
import { type Choose, type Pulled, type PullOptions, pullRepository } from './pull.ts';

/** A data set that was fetched. */
export interface PulledData extends Pulled {
  /** Its folder, or a file of it, as a path of data. */
  readonly path: string;
}

/** Options of finding a data set's files. */
export interface DataOptions extends PullOptions {
  /**
   * Chooses of its parquet files, by their paths in the folder, those that are needed; by default all are. A data set in
   * another layout is fetched whole.
   */
  readonly parquet?: ((names: readonly string[]) => readonly string[]) | undefined;
}

/** The branch into which the Hub converts the data sets that are in other layouts. */
const CONVERTED = 'refs/convert/parquet';

/**
 * Fetches a data set: its parquet files, or else all files of a layout that `docs/data.md` describes. Where there is only
 * a loading script, which is never executed, the Hub's own conversion to parquet is fetched instead.
 *
 * @param name `hf:org/name`, `hf:org/name@revision`, or `hf:org/name/folder` for a part of the repository.
 * @throws UserError as `pullRepository` does, and where there are no data that can be read.
 */
export const pullData = async (name: string, options: DataOptions = {}): Promise<PulledData> => {
  const pulled = await ofRepository(name, options, (repository, choose) => pullRepository(repository, choose, options));
  const { path } = repositoryOf(name, 'dataset');
  return { ...pulled, path: path === undefined ? pulled.folder : join(pulled.folder, path) };
};

/**
 * Fetches the lists of words that stand beside the tables of a data set: its answers in their order.
 *
 * @returns the folder where they are, if they are there.
 */
export const pullWords = async (name: string): Promise<string> => {
  const repository = repositoryOf(name, 'dataset');
  const { folder } = await pullRepository(repository, async (names) => wordsAmong(names, repository));
  return join(folder, repository.path ?? '');
};

/** Files of words in the folder of a data set. */
const wordsAmong = (names: readonly string[], { path }: Repository): string[] =>
  ['answers.txt', 'vocab.txt']
    .map((name) => (path === undefined ? name : `${path}/${name}`))
    .filter((name) => names.includes(name));

/**
 * Does something with the files of a data set, or with those of the Hub's conversion where it has a script alone.
 *
 * @param use is called with the repository and how its files are chosen; it finds none where a script is all there is.
 */
export const ofRepository = async <T extends { readonly files: readonly unknown[] }>(
  name: string,
  options: DataOptions,
  use: (repository: Repository, choose: Choose) => Promise<T>,
): Promise<T> => {
  const repository = repositoryOf(name, 'dataset');
  const found = await use(repository, chooseData(repository, options));
  if (found.files.length > 0) return found;
  const { id } = repository;
  options.onNotice?.(
    `${id}: it has a loading script and no data; no script is executed: the Hub's conversion to parquet is read.`,
  );
  const converted = { ...repository, revision: CONVERTED };
  return await use(converted, chooseData(converted, options)).catch((cause: unknown) => {
    if (!(cause instanceof UserError)) throw cause;
    throw new UserError(
      `${id}: it has a loading script and no data. No script is executed, and there is no conversion to parquet by the Hub (${cause.message}): ask whoever keeps it for parquet files, or run the script elsewhere, if you trust it, and save what it makes as parquet`,
      { cause },
    );
  });
};

/** Files that are no data: of git, cards, and whatever is executed. */
const NO_DATA = /(^|\/)\.|(^|\/)(README\.md|LICENSE(\.\w+)?|dataset_infos?\.json)$|\.(py|pyc|ipynb|sh|pkl|pickle)$/i;

const TABLES = /\.(parquet|jsonl?|csv|tsv|arrow|feather|tar|zip)$/i;

/** Chooses the files of a data set; none where a script is all that there is. */
const chooseData =
  (repository: Repository, { parquet }: DataOptions): Choose =>
  async (names) => {
    const { path } = repository;
    const within = path === undefined ? names : names.filter((name) => name === path || name.startsWith(`${path}/`));
    const data = within.filter((name) => !NO_DATA.test(name));
    const tables = data.filter((name) => name.endsWith('.parquet'));
    if (tables.length > 0) return [...chosenOf(tables, repository, parquet), ...wordsAmong(within, repository)];
    if (data.some((name) => TABLES.test(name))) return data;
    if (within.some((name) => name.endsWith('.py'))) return [];
    throw new UserError(
      `${shownRepository(repository)}${path === undefined ? '' : `/${path}`}: it holds no data that are read (parquet, JSON lines, CSV, Arrow, tar): ${contentsOf(names.map((name) => (path === undefined ? name : basename(name))))}`,
    );
  };

const chosenOf = (
  tables: readonly string[],
  repository: Repository,
  parquet: DataOptions['parquet'],
): readonly string[] => {
  const { path } = repository;
  if (!parquet || (path !== undefined && tables.includes(path))) return tables;
  const root = path === undefined ? '' : `${path}/`;
  const chosen = new Set(parquet(tables.map((name) => name.slice(root.length))).map((name) => root + name));
  if (chosen.size > 0) return tables.filter((name) => chosen.has(name));
  const shown = shownRepository(repository);
  throw new UserError(
    `${shown}${path === undefined ? '' : `/${path}`}: none of its parquet files holds the split: ${contentsOf(tables)}: name another split, or a folder of it, as hf:${shown}/FOLDER`,
  );
};
