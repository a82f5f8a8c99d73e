import { join } from 'node:path';
import { linesAsBytes, type StorePlace } from '../../files/append-store.ts';
import { type Append, writeAtomically } from '../../files/atomic-write.ts';
import { openForReading } from '../../files/read-exactly.ts';
import { replaceTogether } from '../../files/replace-together.ts';
import type { Arrays } from './column-arrays.ts';
import { columnsOf, writeColumns } from './columns.ts';
import { cacheFiles } from './file-names.ts';
import { type About, rowsOf } from './manifest.ts';
import { writeAbout } from './manifest-file.ts';
import { readRows } from './rows.ts';
import type { EntryTable } from './table/entry-table.ts';

/** Rows that are copied at a time, and lines that are written at a time. */
const AT_ONCE = 4096;

/** Whether more than half of the rows, or of the lines, of a cache are of no image any more. */
export const isMostlyDead = (
  entries: EntryTable,
  { rowBytes, place }: { readonly rowBytes: number; readonly place: StorePlace },
): boolean => place.end / rowBytes > 2 * entries.rows() || place.line > 2 * entries.size;

/**
 * Rewrites a cache without its dead rows and lines, whole or not at all: whoever reads it meanwhile sees it as it was
 * before, or as it is after.
 *
 * @param about its manifest, with a new stamp.
 * @returns the byte at which its rows end now.
 * @throws UserError where the disk refuses; the cache is then as it was.
 */
export const compact = async (folder: string, about: About, entries: EntryTable): Promise<number> => {
  const { stamp = '' } = about;
  const { file, bytes: rowBytes } = rowsOf(about);
  const { moved, rows } = renumbered(entries.arrays());
  const path = join(folder, file);
  await replaceTogether(folder, async (into) => {
    await using vectors = await openForReading(path);
    await writeAtomically(join(into, file), async (append) => {
      for await (const { bytes } of readRows(vectors, rows, { rowBytes, atOnce: AT_ONCE, path })) await append(bytes);
    });
    await writeAbout(into, about);
    const byte = await writeLines(join(into, cacheFiles.index), moved);
    const place = { byte, line: entries.size, end: rowBytes * rows.length };
    await writeColumns(into, { arrays: moved, place, stamp });
  });
  return rowBytes * rows.length;
};

/** Columns with rows that follow each other, and the rows that they have now, once each. */
const renumbered = (arrays: Arrays): { readonly moved: Arrays; readonly rows: Uint32Array } => {
  const [rows, numbers] = [new Uint32Array(arrays.rows.length), new Uint32Array(arrays.rows.length)];
  let count = 0;
  for (const [i, row] of arrays.rows.entries()) {
    if (count === 0 || rows[count - 1] !== row) {
      rows[count] = row;
      count += 1;
    }
    numbers[i] = count - 1;
  }
  return { moved: { ...arrays, rows: numbers }, rows: rows.subarray(0, count) };
};

/** Writes the lines of an index. → its bytes */
const writeLines = async (path: string, arrays: Arrays): Promise<number> => {
  const { size, entryAt } = columnsOf(arrays);
  let bytes = 0;
  const write = async (append: Append): Promise<void> => {
    for (let start = 0; start < size; start += AT_ONCE) {
      const some = Array.from({ length: Math.min(AT_ONCE, size - start) }, (_, i) => entryAt(start + i));
      const lines = linesAsBytes(some);
      await append(lines);
      bytes += lines.length;
    }
  };
  await writeAtomically(path, write);
  return bytes;
};
