import type { ImageCache } from './image-cache.ts';
import { backendOf } from './store/backends.ts';
import type { ImageFilter } from './store/image-filter.ts';
import { joinedCache } from './store/joined.ts';

/**
 * Opens a cache of images. Others may be writing it: it is read as it was at one time.
 *
 *   await openImageCache('photos.cache');
 *   await openImageCache('postgres://me@localhost/pictures?cache=photos', { folder: '2024' });
 *   await openImageCache('s3://bucket/photos');
 *   await openImageCache(['2023.cache', '2024.cache']);   // several of one student, asked as one
 *
 * @param place its folder, the address of a Postgres database with pgvector, where `cache` names it (default `images`), or a
 *   prefix of a bucket; or several of them.
 * @param filter images that will be asked: a database sends no others. A folder knows all of them, and filters when it is
 *   asked.
 * @throws UserError where the folder is no cache, or one that this version does not read, or where a part of it is
 *   missing or cut short; where the database or the bucket does not answer, or has no such cache.
 */
export const openImageCache = async (place: string | readonly string[], filter?: ImageFilter): Promise<ImageCache> => {
  const places = typeof place === 'string' ? [place] : place;
  return joinedCache(await Promise.all(places.map(async (one) => (await backendOf(one)).open(one, filter))));
};
