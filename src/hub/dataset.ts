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

/** Options of fetching a data set. */
export interface PullDataOptions extends PullOptions {
  /**
   * Chooses of its parquet files, by their paths in the folder, those that are needed; where it chooses none, or by
   * default, all are. A data set in another layout is fetched whole.
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
export const pullData = async (name: string, options: PullDataOptions = {}): Promise<PulledData> => {
  const repository = repositoryOf(name, 'dataset');
  const pulled = await pullRepository(repository, chooseData(repository, options), options);
  if (pulled.files.length > 0) return placeOf(repository, pulled);
  const converted = { ...repository, revision: CONVERTED };
  if (repository.revision === CONVERTED) throw new UserError(`${shownRepository(repository)}: it is empty`);
  options.onNotice?.(
    `${repository.id}: it has a loading script and no data; no script is executed: the Hub's conversion to parquet is read.`,
  );
  const made = await pullRepository(converted, chooseData(converted, options), options).catch((cause: unknown) => {
    if (!(cause instanceof UserError)) throw cause;
    throw new UserError(
      `${repository.id}: it has a loading script and no data. No script is executed, and the Hub has no conversion to parquet (${cause.message}): ask whoever keeps it for parquet files, or make them where you trust the script: python -c "from datasets import load_dataset; load_dataset('${repository.id}').save_to_disk('data')"`,
      { cause },
    );
  });
  return placeOf(converted, made);
};

const placeOf = ({ path }: Repository, pulled: Pulled): PulledData => ({
  ...pulled,
  path: path === undefined ? pulled.folder : join(pulled.folder, path),
});

/** Files that are no data: of git, cards, and whatever is executed. */
const NO_DATA = /(^|\/)\.|(^|\/)(README\.md|LICENSE(\.\w+)?|dataset_infos?\.json)$|\.(py|pyc|ipynb|sh|pkl|pickle)$/i;

const TABLES = /\.(parquet|jsonl?|csv|tsv|arrow|feather|tar|zip)$/i;

/** Chooses the files of a data set; none where a script is all that there is. */
const chooseData =
  (repository: Repository, { parquet }: PullDataOptions): Choose =>
  async (names) => {
    const { path } = repository;
    const within = path === undefined ? names : names.filter((name) => name === path || name.startsWith(`${path}/`));
    const data = within.filter((name) => !NO_DATA.test(name));
    const tables = data.filter((name) => name.endsWith('.parquet'));
    if (tables.length > 0) return chosenOf(tables, path, parquet);
    if (data.some((name) => TABLES.test(name))) return data;
    if (within.some((name) => name.endsWith('.py'))) return [];
    throw new UserError(
      `${shownRepository(repository)}${path === undefined ? '' : `/${path}`}: it holds no data that are read (parquet, JSON lines, CSV, Arrow, tar): ${contentsOf(names.map((name) => (path === undefined ? name : basename(name))))}`,
    );
  };

const chosenOf = (
  tables: readonly string[],
  path: string | undefined,
  parquet: PullDataOptions['parquet'],
): readonly string[] => {
  const root = path === undefined ? '' : `${path}/`;
  const chosen = new Set(parquet?.(tables.map((name) => name.slice(root.length))).map((name) => root + name));
  return chosen.size > 0 ? tables.filter((name) => chosen.has(name)) : tables;
};
