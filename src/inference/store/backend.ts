import type { ImageCache } from '../image-cache.ts';
import type { ImageFilter } from './image-filter.ts';
import type { About } from './manifest.ts';
import type { CacheWriter } from './writer.ts';

/**
 * A kind of place that keeps caches. All that is asked, searched and cached goes through these three, so that a cache
 * answers the same wherever it is.
 */
export interface Backend {
  /** The manifest of the cache at a place; undefined where there is none. */
  readonly readAbout: (place: string) => Promise<About | undefined>;
  /** Opens it for writing, made if need be. @throws LockedError where another writer has it. */
  readonly openWriter: (place: string, about: About) => Promise<CacheWriter>;
  /** Opens it for questions; `filter` are those that will be asked, if the place can choose them itself. */
  readonly open: (place: string, filter?: ImageFilter) => Promise<ImageCache>;
}
