import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { writeAtomically } from '../../files/atomic-write.ts';
import type { ImageCache } from '../../inference/image-cache.ts';
import { arraysOf, writeColumns } from '../../inference/store/columns.ts';
import type { Entry } from '../../inference/store/layout.ts';
import { rowsOf } from '../../inference/store/manifest.ts';
import { writeAbout } from '../../inference/store/manifest-file.ts';

/** Writes what a browser reads of a cache: its manifest, its columns, and the rows that are in use, one after the other. */
export const writeCacheFiles = async (folder: string, cache: ImageCache, stamp: string): Promise<void> => {
  const about = { ...cache.about, stamp };
  const format = rowsOf(about);
  const entries: Entry[] = [];
  await mkdir(folder);
  await writeAbout(folder, about);
  await writeAtomically(join(folder, format.file), async (append) => {
    let before = -1;
    let row = -1;
    for await (const { places, bytes } of cache.keptBlocks()) {
      for (const [i, place] of places.entries()) {
        const entry = cache.entryAt(place);
        // files of the same bytes stand beside each other, and have one row
        if (entry.row !== before) {
          await append(bytes.subarray(i * format.bytes, (i + 1) * format.bytes));
          row += 1;
        }
        before = entry.row;
        entries.push({ ...entry, row });
      }
    }
  });
  await writeColumns(folder, { arrays: arraysOf(entries), place: { byte: 0, line: 0, end: 0 }, stamp });
};
