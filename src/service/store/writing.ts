import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { LockedError } from '../../files/lock.ts';
import { type CacheEditor, openCacheEditor } from '../../inference/cache-editor.ts';
import { openImageCache } from '../../inference/open-image-cache.ts';
import type { Predictor } from '../../inference/predictor.ts';
import { servingOf } from '../../inference/store/backends.ts';
import { Problem } from '../problem.ts';
import { cacheProblem } from './cache-problem.ts';
import { type Change, makeChanges, type OpenStore, type Outcome, type Waiting } from './changes.ts';
import { placesByPath } from './places.ts';

/** The one writer of a cache and its folder of images, for all requests. */
export interface StoreWriter {
  /**
   * Makes a change: writes the file of an image and then its entry in the cache, or removes the entry and then the file.
   * When it returns the disk has it.
   *
   * @throws Problem 409 where another image has this path, 404 where there is none to remove, 403 where the server only
   * reads the cache, 503 where another process writes it.
   */
  change(change: Change): Promise<Outcome>;
  /** Waits for all that was asked for, and closes the cache. */
  close(): Promise<void>;
}

/** Places of a store, and who hears of trouble after everybody was answered. */
export interface StorePlaces {
  /** Name of the cache in problems. */
  readonly name: string;
  /** Place of the cache: its folder, or the address of its database. */
  readonly cache: string;
  /** Folder of the images. */
  readonly images: string;
  readonly onError: (error: unknown) => void;
}

/** Images that are encoded and written together: each batch waits for the disk once. */
const MOST = 8;
/** Time without a change after which other processes may write the cache. */
const IDLE_MILLISECONDS = 1000;

/** Opens nothing yet: the cache is locked when the first change comes, and let go once none has come for a while. */
export const createStoreWriter = (student: Predictor, places: StorePlaces): StoreWriter => {
  const { cache, images, onError } = places;
  const waiting: Waiting[] = [];
  let working: Promise<void> | undefined;
  const bell = createBell();
  let isClosing = false;

  const hasMore = async (): Promise<boolean> => {
    if (waiting.length === 0 && !isClosing) await bell.wait(IDLE_MILLISECONDS);
    return waiting.length > 0;
  };
  const open = async (): Promise<OpenStore> => ({
    ...{ editor: await openEditor(student, places), images, tidied: new Set<string>(), written: [] },
  });
  const start = (): void => {
    bell.ring();
    working ??= work(waiting, {
      hasMore,
      open,
      onError,
      remove: (paths) => removeUnlisted(paths, { cache, images }),
    }).finally(() => {
      working = undefined;
      if (waiting.length > 0) start();
    });
  };
  return {
    change: (change) =>
      new Promise((resolve, reject) => {
        waiting.push({ change, resolve, reject });
        start();
      }),
    close: async () => {
      isClosing = true;
      bell.ring();
      while (working) await working;
    },
  };
};

/** Writer of a cache that the server only reads: it refuses every change. @param shown the cache in problems. */
export const refusingWriter = (shown: string): StoreWriter => ({
  change: async () => {
    throw new Problem(403, `${shown}: this server only reads a cache there: add images with dide cache --to ${shown}`);
  },
  close: async () => {},
});

interface Working {
  readonly hasMore: () => Promise<boolean>;
  readonly open: () => Promise<OpenStore>;
  readonly onError: (error: unknown) => void;
  /** Removes files that were written, and have no entry. */
  readonly remove: (paths: readonly string[]) => Promise<void>;
}

/** Makes changes, batch by batch, until there are no more. */
const work = async (waiting: Waiting[], { hasMore, open, onError, remove }: Working): Promise<void> => {
  let store: OpenStore | undefined;
  while (await hasMore()) {
    const batch = taken(waiting);
    try {
      store ??= await open();
      await makeChanges(batch, store);
    } catch (error) {
      // it may be half written, and is mended as it is opened again
      await store?.editor.close().catch(onError);
      await remove(store?.written ?? []).catch(onError);
      store = undefined;
      for (const { reject } of batch) reject(error);
    }
  }
  await store?.editor.close().catch(onError);
};

/** Wakes whoever waits for it. */
const createBell = () => {
  let wake = (): void => {};
  return {
    ring: () => wake(),
    wait: async (milliseconds: number): Promise<void> => {
      const stop = new AbortController();
      const rung = new Promise<void>((resolve) => {
        wake = resolve;
      });
      await Promise.race([rung, sleep(milliseconds, undefined, { signal: stop.signal }).catch(() => {})]);
      stop.abort();
    },
  };
};

/** Takes the next uploads, or one removal: changes of one path stay in their order. */
const taken = (waiting: Waiting[]): Waiting[] => {
  const removal = waiting.findIndex(({ change }) => 'remove' in change);
  return waiting.splice(0, removal < 0 ? MOST : Math.max(1, Math.min(MOST, removal)));
};

const openEditor = async (student: Predictor, { cache, name }: StorePlaces): Promise<CacheEditor> => {
  try {
    // an editor mends a cache by leaving out images that have lost their numbers, which is not for an upload to decide
    await openImageCache(cache);
    return await openCacheEditor(student, cache);
  } catch (error) {
    if (!(error instanceof LockedError))
      throw cacheProblem(error, { folder: (await servingOf(cache)).shown(cache), name });
    throw new Problem(503, 'another process is writing the cache: try again once it is done', { 'retry-after': '5' });
  }
};

/** Removes files without an entry, of uploads that failed: whoever sent them was told that nothing was changed. */
const removeUnlisted = async (
  paths: readonly string[],
  { cache, images }: Pick<StorePlaces, 'cache' | 'images'>,
): Promise<void> => {
  if (paths.length === 0) return;
  const listed = placesByPath(await openImageCache(cache));
  for (const path of paths) if (!listed.has(path)) await rm(join(images, path), { force: true });
};
