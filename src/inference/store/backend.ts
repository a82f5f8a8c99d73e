import type { ImageCache } from '../image-cache.ts';
import type { ImageFilter } from './image-filter.ts';
import type { About } from './manifest.ts';
import type { CacheWriter } from './writer.ts';

/** Tells whether a cache has changed, for those that keep one open. */
export interface Watch extends AsyncDisposable {
  /** Another text after each change of the cache, whoever made it; the empty one where it cannot be reached. */
  state(): Promise<string>;
}

/**
 * A kind of place that keeps caches. All that is asked, searched and cached goes through these, so that a cache
 * answers the same wherever it is.
 */
export interface Backend {
  /** The manifest of the cache at a place; undefined where there is none. */
  readonly readAbout: (place: string) => Promise<About | undefined>;
  /** Opens it for writing, made if need be. @throws LockedError where another writer has it. */
  readonly openWriter: (place: string, about: About) => Promise<CacheWriter>;
  /** Opens it for questions; `filter` are those that will be asked, if the place can choose them itself. */
  readonly open: (place: string, filter?: ImageFilter) => Promise<ImageCache>;
  /** Operations for a server that keeps such a cache open. */
  readonly serving: Serving;
}

/** Operations on a cache that a server keeps open. */
export interface Serving {
  /** Watches a cache. Nothing is opened before its state is asked for. */
  readonly watch: (place: string) => Watch;
  /** The place in messages: an address has no password there. */
  readonly shown: (place: string) => string;
  /** Name of a cache by its place: `photos` of `photos.cache`, and of an address with `cache=photos`. */
  readonly nameOf: (place: string) => string;
  /** Whether a server adds and deletes nothing there: where a writer gathers images before they are kept. */
  readonly isReadOnly?: true | undefined;
}
