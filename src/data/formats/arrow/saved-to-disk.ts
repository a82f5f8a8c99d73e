import { readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { UserError } from '../../../errors.ts';
import { parseJson } from '../../../files/json.ts';
import { isFile } from '../format.ts';

/** Description of the split in a folder, as the datasets library writes it. */
interface State {
  readonly _data_files?: readonly { readonly filename: string }[] | undefined;
  readonly _indices_data_files?: readonly unknown[] | null | undefined;
  readonly _split?: string | null | undefined;
}

/**
 * The Arrow files of a split in a folder of `Dataset.save_to_disk`, or in the folders of `DatasetDict.save_to_disk`; none
 * where the folder is neither or lacks the split. A single set that does not say which split it is counts for the one that
 * its folder is called, or else for `train`.
 *
 * @param splits names that the split may have.
 * @throws UserError where its state is damaged, or picks some rows of its files (as versions before 2.0 wrote it).
 */
export const filesSavedToDisk = (path: string, splits: readonly string[]): string[] => {
  if (isFile(join(path, STATE))) {
    const name = basename(resolve(path));
    const split = stateOf(path)._split ?? (USUAL.test(name) ? name : 'train');
    return splits.includes(split) ? dataFilesOf(path) : [];
  }
  const folder = splits.map((one) => join(path, one)).find((one) => isFile(join(one, STATE)));
  return folder === undefined ? [] : dataFilesOf(folder);
};

const STATE = 'state.json';

/** Names that say which split a folder holds. */
const USUAL = /^(train|val|validation|valid|dev|test)$/;

const stateOf = (folder: string): State => {
  const path = join(folder, STATE);
  const state = parseJson(readFileSync(path, 'utf8'));
  if (typeof state === 'object' && state !== null && Array.isArray((state as State)._data_files)) return state as State;
  throw new UserError(`${path}: names no "_data_files", as datasets' save_to_disk writes them: save the set again.`);
};

const dataFilesOf = (folder: string): string[] => {
  const { _data_files: files = [], _indices_data_files: picked } = stateOf(folder);
  if (picked?.length)
    throw new UserError(`${join(folder, STATE)}: picks some rows of its files: load it and save it again.`);
  return files.map(({ filename }) => join(folder, filename));
};
