import { basename } from 'node:path/posix';
import type { Backend } from '../backend.ts';
import { openBucket, placeOf } from './bucket.ts';
import { openBucketCache, readManifest } from './reader.ts';
import { watchBucket } from './watch.ts';
import { openBucketWriter } from './writer.ts';

/** Caches in buckets, of AWS or of any server that speaks S3 and knows conditional writes. */
export const s3: Backend = {
  readAbout: async (address) => {
    const place = placeOf(address);
    return await readManifest(await openBucket(place), place);
  },
  openWriter: openBucketWriter,
  open: openBucketCache,
  serving: {
    watch: (address) => watchBucket(placeOf(address)),
    shown: (address) => placeOf(address).shown,
    nameOf: (address) => basename(placeOf(address).shown).replace(/\.cache$/, ''),
    isReadOnly: true,
  },
};
