import type { ImageCache } from './image-cache.ts';
import { backendOf } from './store/backends.ts';
import type { ImageFilter } from './store/image-filter.ts';

/**
 * Opens a cache of images. Others may be writing it: it is read as it was at one time.
 *
 *   await openImageCache('photos.cache');
 *   await openImageCache('postgres://me@localhost/pictures?cache=photos', { folder: '2024' });
 *   await openImageCache('s3://bucket/photos');
 *
 * @param place its folder, the address of a Postgres database with pgvector, where `cache` names it (default `images`), or a
 *   prefix of a bucket.
 * @param filter images that will be asked: a database sends no others. A folder knows all of them, and filters when it is
 *   asked.
 * @throws UserError where the folder is no cache, or one that this version does not read, or where a part of it is
 *   missing or cut short; where the database or the bucket does not answer, or has no such cache.
 */
export const openImageCache = async (place: string, filter?: ImageFilter): Promise<ImageCache> =>
  await (await backendOf(place)).open(place, filter);
