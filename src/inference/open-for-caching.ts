import { setTimeout } from 'node:timers/promises';
import type { PictureStyle } from '../data/pictures/options.ts';
import { LockedError } from '../files/lock.ts';
import { aboutOf, type KeepingOptions } from './image-cache.ts';
import type { Predictor } from './predictor.ts';
import { backendOf } from './store/backends.ts';
import { type About, picturesOf, precisionOf } from './store/manifest.ts';
import type { CacheWriter } from './store/writer.ts';

/** Options of a cache that is to be opened for writing: those of `cacheImages`. */
interface Options extends KeepingOptions {
  readonly to: string;
  readonly waitSeconds?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onWarning?: ((message: string) => void) | undefined;
}

/** A cache that is open for writing, and how its pictures are read. */
export interface OpenedForCaching {
  readonly writer: CacheWriter;
  readonly pictures: PictureStyle;
}

/** Opens a cache for writing, made as it is asked for, or as the one that is there was made. */
export const openForCaching = async (student: Predictor, options: Options): Promise<OpenedForCaching> => {
  const there = await (await backendOf(options.to)).readAbout(options.to);
  const pictures = pictureStyleOf(there, options);
  const precision = options.precision ?? (there ? precisionOf(there) : 'float16');
  return { writer: await openWhenFree(aboutOf(student, { pictures, precision }), options), pictures };
};

/** Style in which the pictures of a cache are read: as asked, or as those that it holds. */
const pictureStyleOf = (there: About | undefined, { to, pictures, onWarning }: Options): PictureStyle => {
  if (!there) return pictures ?? 'as-shown';
  const style = pictures ?? picturesOf(there);
  if (style === 'as-vilt' && pictures === undefined)
    onWarning?.(
      `${to}: its pictures were read as ViLT reads them (as-vilt), without their EXIF orientation and transparency, and so are new ones: make another cache to have them as shown`,
    );
  return style;
};

/** Opens the cache for writing, once whoever writes it is done, or not later than one is willing to wait. */
const openWhenFree = async (about: About, options: Options): Promise<CacheWriter> => {
  const { to, waitSeconds = 0, signal, onWarning } = options;
  const until = performance.now() + 1000 * waitSeconds;
  for (let isFirst = true; ; isFirst = false) {
    try {
      return await (await backendOf(to)).openWriter(to, about);
    } catch (error) {
      if (!(error instanceof LockedError) || performance.now() >= until) throw error;
      if (isFirst) onWarning?.(`${error.message} (this one waits for up to ${waitSeconds} s)`);
    }
    await setTimeout(100);
    signal?.throwIfAborted();
  }
};
