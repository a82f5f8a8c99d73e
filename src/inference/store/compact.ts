import { join } from 'node:path';
import { linesAsBytes, type StorePlace } from '../../files/append-store.ts';
import { type Append, writeAtomically } from '../../files/atomic-write.ts';
import { openForReading } from '../../files/read-exactly.ts';
import { replaceTogether } from '../../files/replace-together.ts';
import { writeColumns } from './columns.ts';
import { cacheFiles } from './file-names.ts';
import { type Entry, inRowOrder } from './layout.ts';
import { type About, rowsOf } from './manifest.ts';
import { writeAbout } from './manifest-file.ts';
import { readRows } from './rows.ts';

/** Rows that are copied at a time, and lines that are written at a time. */
const AT_ONCE = 4096;

/** Whether more than half of the rows, or of the lines, of a cache are of no image any more. */
export const isMostlyDead = (
  entries: ReadonlyMap<string, Entry>,
  { rowBytes, place }: { readonly rowBytes: number; readonly place: StorePlace },
): boolean => {
  const rows = new Set<number>();
  for (const { row } of entries.values()) rows.add(row);
  return place.end / rowBytes > 2 * rows.size || place.line > 2 * entries.size;
};

/**
 * Rewrites a cache without its dead rows and lines, whole or not at all: whoever reads it meanwhile sees it as it was
 * before, or as it is after.
 *
 * @param about its manifest, with a new stamp.
 * @returns the byte at which its rows end now.
 * @throws UserError where the disk refuses; the cache is then as it was.
 */
export const compact = async (folder: string, about: About, entries: Iterable<Entry>): Promise<number> => {
  const { stamp = '' } = about;
  const { file, bytes: rowBytes } = rowsOf(about);
  const { moved, rows } = renumbered(inRowOrder(entries));
  const path = join(folder, file);
  await replaceTogether(folder, async (into) => {
    await using vectors = await openForReading(path);
    await writeAtomically(join(into, file), async (append) => {
      for await (const { bytes } of readRows(vectors, rows, { rowBytes, atOnce: AT_ONCE, path })) await append(bytes);
    });
    await writeAbout(into, about);
    const byte = await writeLines(join(into, cacheFiles.index), moved);
    const place = { byte, line: moved.length, end: rowBytes * rows.length };
    await writeColumns(into, { entries: moved, place, stamp });
  });
  return rowBytes * rows.length;
};

/** Entries with rows that follow each other, and the rows that they have now, once each. */
const renumbered = (entries: readonly Entry[]): { readonly moved: Entry[]; readonly rows: Uint32Array } => {
  const rows: number[] = [];
  const moved = entries.map((entry) => {
    if (rows.at(-1) !== entry.row) rows.push(entry.row);
    return { ...entry, row: rows.length - 1 };
  });
  return { moved, rows: Uint32Array.from(rows) };
};

/** Writes the lines of an index. → its bytes */
const writeLines = async (path: string, entries: readonly Entry[]): Promise<number> => {
  let bytes = 0;
  const write = async (append: Append): Promise<void> => {
    for (let start = 0; start < entries.length; start += AT_ONCE) {
      const lines = linesAsBytes(entries.slice(start, start + AT_ONCE));
      await append(lines);
      bytes += lines.length;
    }
  };
  await writeAtomically(path, write);
  return bytes;
};
