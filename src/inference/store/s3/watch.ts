import type { Watch } from '../backend.ts';
import { cacheFiles } from '../file-names.ts';
import { type Bucket, type BucketPlace, openBucket } from './bucket.ts';

/** Milliseconds for which a state holds before the bucket is asked again: each look is two requests, which cost money. */
const FRESH = 2000;

/** Watches a cache in a bucket. Its manifest, and the keys and bytes of its objects, are its state, looked at every two seconds. */
export const watchBucket = (place: BucketPlace): Watch => {
  let bucket: Promise<Bucket> | undefined;
  let last: { readonly at: number; readonly state: Promise<string> } | undefined;
  const look = async (): Promise<string> => {
    bucket ??= openBucket(place);
    const { get, list } = await bucket;
    const about = await get(cacheFiles.about);
    const objects = await list('');
    return [Buffer.from(about ?? []).toString('utf8'), ...objects.map(({ key, bytes }) => `${key} ${bytes}`)].join(
      '\n',
    );
  };
  return {
    state: async () => {
      const now = performance.now();
      if (!last || now - last.at > FRESH) last = { at: now, state: look() };
      return await last.state.catch(() => {
        // it is asked again at once, and whoever opens the cache hears why it cannot be reached
        [bucket, last] = [undefined, undefined];
        return '';
      });
    },
    [Symbol.asyncDispose]: async () => {},
  };
};
