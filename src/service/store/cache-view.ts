import { UserError } from '../../errors.ts';
import type { ImageCache } from '../../inference/image-cache.ts';
import { openImageCache } from '../../inference/open-image-cache.ts';
import { servingOf } from '../../inference/store/backends.ts';
import { cacheProblem } from './cache-problem.ts';
import { placesByPath } from './places.ts';

/** A cache as it is now: opened again once it has changed, whoever wrote it. */
export interface CacheView extends AsyncDisposable {
  /** The cache as it is now. @throws Problem 503 where it cannot be read, which says what is wrong with which file. */
  current(): Promise<ImageCache>;
  /** Whether an image of this path is cached now. */
  has(path: string): Promise<boolean>;
  /** Runs a question over the cache, once more where its rows were moved meanwhile. */
  withCurrent<T>(run: (cache: ImageCache) => Promise<T>): Promise<T>;
}

interface Opened {
  readonly state: string;
  readonly cache: Promise<ImageCache>;
}

/** Views a cache. It is opened when it is first asked for. @param name its name in problems. */
export const viewCache = async (place: string, name: string): Promise<CacheView> => {
  const serving = await servingOf(place);
  const [watch, folder] = [serving.watch(place), serving.shown(place)];
  let opened: Opened | undefined;
  const current = async (): Promise<ImageCache> => {
    const state = await watch.state();
    if (opened?.state !== state) {
      opened = { state, cache: openImageCache(place) };
      opened.cache.catch(() => {
        opened = undefined;
      });
    }
    return await opened.cache.catch((error: unknown) => {
      throw cacheProblem(error, { folder, name });
    });
  };
  return {
    current,
    has: async (path) => placesByPath(await current()).has(path),
    withCurrent: async (run) => {
      const cache = await current();
      try {
        return await run(cache);
      } catch (error) {
        const now = error instanceof UserError ? await current() : cache;
        if (now === cache) throw cacheProblem(error, { folder, name });
        return await run(now);
      }
    },
    [Symbol.asyncDispose]: async () => await watch[Symbol.asyncDispose](),
  };
};
