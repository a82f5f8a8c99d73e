import { join } from 'node:path';
import { counted, UserError } from '../../errors.ts';
import { walkStoreIndex } from '../../files/append-store.ts';
import type { Columns } from './column-arrays.ts';
import { columnsOf, readColumns, type StoredColumns } from './columns.ts';
import { cacheFiles } from './file-names.ts';
import { type Line, storeLayout } from './layout.ts';
import { type About, rowsOf } from './manifest.ts';
import { EntryTable } from './table/entry-table.ts';

/** Facts of a cache that its entries are read by. */
type CacheShape = Pick<About, 'width' | 'precision' | 'stamp'>;

/**
 * Reads the entries of a cache: those of its columns, and what its index says after that.
 *
 * @throws UserError where the vectors or the index are missing or cut short, or a line is damaged.
 */
export const readEntries = async (folder: string, about: CacheShape): Promise<Columns> => {
  const { stamp = '' } = about;
  const format = rowsOf(about);
  const columns = await readColumns(folder, stamp);
  const [index, vectors] = [join(folder, cacheFiles.index), join(folder, format.file)];
  if (columns === 'cut') throw new UserError(`${index}: it is missing or cut short: ${MEND}`);
  let table: EntryTable | undefined;
  const take = (line: Line): void => {
    table ??= tableOf(columns);
    table.apply(line);
  };
  const from = columns?.place;
  const { next, lost, hasIndex, size } = await walkStoreIndex(storeLayout(folder, format), { from, take });
  if (!hasIndex && size > 0)
    throw new UserError(`${index}: it is missing, and it says which image has which numbers: ${MEND}`);
  if (lost > 0 || next.end > size) throw cutVectors(vectors, Math.floor(size / format.bytes));
  return !table && columns ? columns : columnsOf((table ?? new EntryTable()).arrays());
};

const MEND = 'copy the whole cache again, or run `dide cache`, which encodes what is missing';

const cutVectors = (path: string, rows: number): UserError => {
  const has = rows === 0 ? 'it is missing or empty' : `it is cut short, after ${counted(rows, 'row')}`;
  return new UserError(`${path}: ${has}, so that images have lost their numbers: ${MEND}`);
};

/** A table of the entries of columns. */
export const tableOf = (columns: StoredColumns | undefined): EntryTable => {
  const table = new EntryTable();
  if (columns) table.addAll(columns.arrays);
  return table;
};
