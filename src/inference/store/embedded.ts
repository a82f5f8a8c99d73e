import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { UserError } from '../../errors.ts';
import { openCurrent } from '../../files/replace-together.ts';
import { allPlaces, type ImageCache, imageCacheOf, type KeptBlock, type KeptOptions } from '../image-cache.ts';
import type { Backend } from './backend.ts';
import { checkRows } from './checksums.ts';
import type { Columns } from './column-arrays.ts';
import { readEntries } from './entries.ts';
import { cacheFiles } from './file-names.ts';
import { type About, rowsOf } from './manifest.ts';
import { readAbout } from './manifest-file.ts';
import { readRows } from './rows.ts';
import { openCacheWriter } from './writer.ts';

/** Attempts at reading a cache whose files are replaced at the same time, which takes moments and is rare. */
const ATTEMPTS = 10;

const open = async (folder: string): Promise<ImageCache> => {
  for (let attempt = 1; ; attempt += 1) {
    const about = await aboutIn(folder);
    const columns = await readEntries(folder, about).catch((error: unknown) => error);
    const isLast = attempt === ATTEMPTS || (await aboutIn(folder)).stamp === about.stamp;
    if (isLast && 'rows' in (columns as object)) return openedOf(folder, about, columns as Columns);
    if (isLast) throw columns;
  }
};

const aboutIn = async (folder: string): Promise<About> => {
  const about = await readAbout(folder);
  if (about) return about;
  throw new UserError(
    `${folder}: it is no image cache, for it has no ${cacheFiles.about}: cache a folder of images first`,
  );
};

const openedOf = (folder: string, about: About, columns: Columns): ImageCache =>
  imageCacheOf({ folder, about, columns, check: () => checkRows(folder, about) }, (options) =>
    readKept(folder, about, { columns, ...options }),
  );

async function* readKept(
  folder: string,
  about: About,
  { columns, rows = 4096, only, buffers }: KeptOptions & { readonly columns: Columns },
): AsyncGenerator<KeptBlock, void, undefined> {
  const places = only ?? allPlaces(columns.size);
  if (places.length === 0) return;
  const format = rowsOf(about);
  const path = join(folder, format.file);
  await using handle = await openCurrent(path);
  if (!handle) throw new UserError(`${path}: it is missing, and with it the numbers of the images: ${COPY}`);
  if ((await aboutIn(folder)).stamp !== about.stamp)
    throw new UserError(`${folder}: it was made anew or made smaller since it was opened: open it again`);
  const wanted = only ? only.map((place) => columns.rows[place]!) : columns.rows;
  const reading = { rowBytes: format.bytes, atOnce: rows, path, buffers };
  for await (const { first, count, bytes } of readRows(handle, wanted, reading))
    yield { places: places.subarray(first, first + count), bytes };
}

const COPY = 'copy the whole folder, or cache the images again';

/** Sizes and times of all files of a cache but those that come and go. */
const stateOf = async (folder: string): Promise<string> => {
  const names = (await readdir(folder).catch(() => [])).filter((name) => !/\.(lock|tmp)$/.test(name)).sort();
  const states = await Promise.all(
    names.map(async (name) => {
      const file = await stat(join(folder, name), { bigint: true }).catch(() => undefined);
      return file && `${name} ${file.ino} ${file.size} ${file.mtimeNs}`;
    }),
  );
  return states.join('\n');
};

/** Caches in folders: no server, nothing to install, and files that can be copied. The default. */
export const embedded: Backend = {
  ...{ readAbout, openWriter: openCacheWriter, open },
  serving: {
    watch: (folder) => ({ state: () => stateOf(folder), [Symbol.asyncDispose]: async () => undefined }),
    shown: (folder) => folder,
    nameOf: (folder) => basename(folder).replace(/\.cache$/, ''),
  },
};
