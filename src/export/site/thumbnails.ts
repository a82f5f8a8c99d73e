import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { encodeWebp, readImage } from '../../data/image.ts';
import { UserError } from '../../errors.ts';
import { mapConcurrent } from '../../files/map-concurrent.ts';
import type { ImageCache } from '../../inference/image-cache.ts';
import type { SiteOptions } from './site-options.ts';

/** Options of making thumbnails. */
interface Making extends Pick<SiteOptions, 'images' | 'signal' | 'onProgress' | 'onWarning'> {
  readonly side: number;
}

/**
 * Writes a small picture of every row of a cache, by its number there: `17.webp`. Pictures that cannot be read any more are
 * left out and named.
 *
 * @throws UserError where none of them can be read.
 */
export const writeThumbnails = async (
  folder: string,
  { entries }: ImageCache,
  { images, side, signal, onProgress, onWarning }: Making,
): Promise<void> => {
  await mkdir(folder);
  const ofRow = [...new Map(entries.toReversed().map(({ row, path }) => [row, path])).values()].reverse();
  let [done, lost] = [0, 0];
  await mapConcurrent([...ofRow.entries()], async ([row, path]) => {
    signal?.throwIfAborted();
    const small = await readImage(join(images, path), { pictures: 'as-shown' })
      .then((pixels) => encodeWebp(pixels, { side }))
      .catch((error: unknown) => {
        if (!(error instanceof UserError)) throw error;
        lost += 1;
        onWarning?.(error.message);
      });
    if (small) await writeFile(join(folder, `${row}.webp`), small);
    done += 1;
    onProgress?.(done, ofRow.length);
  });
  if (lost > 0 && lost === done)
    throw new UserError(`${images}: it has none of the cached pictures: give the folder that was cached (--images)`);
};
