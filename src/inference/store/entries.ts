import { join } from 'node:path';
import { counted, UserError } from '../../errors.ts';
import { readStoreIndex } from '../../files/append-store.ts';
import type { Columns } from './column-arrays.ts';
import { columnsOf, readColumns, type StoredColumns } from './columns.ts';
import { cacheFiles } from './file-names.ts';
import { applyLine, type Entry, type Line, storeLayout } from './layout.ts';
import { type About, rowsOf } from './manifest.ts';

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
  const { lines, next, lost, hasIndex, size } = await readStoreIndex(storeLayout(folder, format), columns?.place);
  if (!hasIndex && size > 0)
    throw new UserError(`${index}: it is missing, and it says which image has which numbers: ${MEND}`);
  if (lost > 0 || next.end > size) throw cutVectors(vectors, Math.floor(size / format.bytes));
  return lines.length === 0 && columns ? columns : columnsOf(withLines(columns, lines).values());
};

const MEND = 'copy the whole cache again, or run `dide cache`, which encodes what is missing';

const cutVectors = (path: string, rows: number): UserError => {
  const has = rows === 0 ? 'it is missing or empty' : `it is cut short, after ${counted(rows, 'row')}`;
  return new UserError(`${path}: ${has}, so that images have lost their numbers: ${MEND}`);
};

/** The entries by path, after some lines more. */
export const withLines = (columns: StoredColumns | undefined, lines: readonly Line[]): Map<string, Entry> => {
  const entries = new Map<string, Entry>();
  for (let i = 0; i < (columns?.size ?? 0); i += 1) applyLine(entries, columns!.entryAt(i));
  for (const line of lines) applyLine(entries, line);
  return entries;
};
