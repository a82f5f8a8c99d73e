import { isHubData, isStreamed } from '../../hub/address.ts';
import type { PulledData } from '../../hub/dataset.ts';
import type { PullOptions } from '../../hub/pull.ts';

/** Options of `pullDataset`. */
export interface PullDatasetOptions extends PullOptions {
  /** The split whose files are needed, where they are parquet. Default: all. */
  readonly split?: string | undefined;
}

/**
 * Fetches a data set of the Hub into its cache, or the parquet files of one split. Nothing of it is executed.
 *
 * @param name `hf:org/name`, `hf:org/name@revision`, or `hf:org/name/folder` for a part of the repository.
 * @returns its folder among other things: a path of data, as every function takes it.
 * @throws UserError where the Hub refuses, there is neither the Hub nor a copy in the cache, or no data can be read.
 */
export const pullDataset = async (
  name: string,
  { split, ...options }: PullDatasetOptions = {},
): Promise<PulledData> => {
  const { pullData } = await import('../../hub/dataset.ts');
  if (split === undefined) return await pullData(name, options);
  const { parquetFilesOf } = await import('./parquet/parquet.ts');
  return await pullData(name, { ...options, parquet: (names) => parquetFilesOf(names, split) });
};

/** Path of data on the disk: those of the Hub are fetched. An address whose files are read where they are stays one. */
export const localData = async (path: string, options: PullDatasetOptions = {}): Promise<string> =>
  isHubData(path) && !isStreamed(path) ? (await pullDataset(path, options)).path : path;

/** Folder of the answers of a data set whose tables are read where they are; it may be absent. */
export const wordsFolder = async (name: string): Promise<string> =>
  (await import('../../hub/dataset.ts')).pullWords(name);
