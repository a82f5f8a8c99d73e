import type { ImageCache } from '../../inference/image-cache.ts';

const known = new WeakMap<ImageCache, ReadonlyMap<string, number>>();

/** Place of each image in a cache by its path, collected when it is first asked for. */
export const placesByPath = (cache: ImageCache): ReadonlyMap<string, number> => {
  const places = known.get(cache) ?? new Map(Array.from({ length: cache.size }, (_, i) => [cache.pathAt(i), i]));
  known.set(cache, places);
  return places;
};
