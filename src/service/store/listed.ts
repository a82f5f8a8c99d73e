import type { ImageCache } from '../../inference/image-cache.ts';
import { datesOf } from '../../inference/query/dates.ts';
import { filterImages } from '../../inference/query/filter.ts';
import type { ImageFilter } from '../../inference/store/image-filter.ts';

/** Which images are listed, and in what order. */
export interface Listing extends ImageFilter {
  /** `added`: in the order of the cache. */
  readonly sort: 'added' | 'date' | 'path' | 'bytes';
  /** Default: the newest and the largest first, paths from A to Z, and the cache as it is. */
  readonly order?: 'ascending' | 'descending' | undefined;
}

/** Listings of one cache that are kept, since a page asks for part after part of one. */
const MOST = 8;

const kept = new WeakMap<ImageCache, Map<string, Uint32Array>>();

/** Places of the images that a filter lets through, in an order. @throws UserError where the filter is wrong. */
export const listedPlaces = (cache: ImageCache, listing: Listing): Uint32Array => {
  const key = JSON.stringify(listing, Object.keys(listing).sort());
  const all = kept.get(cache) ?? new Map<string, Uint32Array>();
  kept.set(cache, all);
  const places = all.get(key) ?? sorted(cache, listing);
  all.delete(key);
  all.set(key, places);
  if (all.size > MOST) all.delete(all.keys().next().value!);
  return places;
};

const sorted = (cache: ImageCache, { sort, order, ...filter }: Listing): Uint32Array => {
  const places = filterImages(cache, filter).only ?? Uint32Array.from({ length: cache.size }, (_, place) => place);
  const sign = (order ?? (sort === 'path' || sort === 'added' ? 'ascending' : 'descending')) === 'ascending' ? 1 : -1;
  const compare = comparison(cache, sort);
  return places.sort((a, b) => sign * compare(a, b) || a - b);
};

const comparison = (cache: ImageCache, sort: Listing['sort']): ((a: number, b: number) => number) => {
  if (sort === 'added') return (a, b) => a - b;
  const { bytes } = cache.columns;
  if (sort === 'bytes') return (a, b) => bytes[a]! - bytes[b]!;
  if (sort === 'path') {
    const paths = Array.from({ length: cache.size }, (_, place) => cache.pathAt(place));
    return (a, b) => (paths[a]! < paths[b]! ? -1 : Number(paths[a]! > paths[b]!));
  }
  const { at } = datesOf(cache);
  return (a, b) => at(a) - at(b);
};
