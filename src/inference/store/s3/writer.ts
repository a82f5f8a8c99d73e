import { randomBytes } from 'node:crypto';
import { UserError } from '../../../errors.ts';
import { LockedError } from '../../../files/lock.ts';
import { cacheFiles } from '../file-names.ts';
import { checkCount, knownImages } from '../known-images.ts';
import type { Line } from '../layout.ts';
import { type About, rowsOf } from '../manifest.ts';
import { type CacheWriter, checkOwner, type Placeless } from '../writer.ts';
import { type Bucket, type BucketPlace, openBucket, placeOf } from './bucket.ts';
import { encodeFragment } from './fragment.ts';
import { type Fragment, readContents, readManifest } from './reader.ts';
import { asJson, FRAGMENT_BYTES, isSealed, LINE_BYTES, settle, type Written, writeFragment } from './settle.ts';

/** Milliseconds for which images are gathered at most. */
const LONGEST_WAIT = 20_000;

/**
 * Opens a cache in a bucket for writing, and makes it where there is none. Images are gathered and written as fragments,
 * each an object that is there whole or not at all, so that a writer that is killed leaves nothing half, and loses what it
 * gathered last (8 MiB, 20 s). There is no lock that it could leave behind: a fragment has the next free number, and is
 * written only if no other has it (If-None-Match). Of two writers at once one is told so, with nothing damaged.
 *
 * @throws UserError where the server refuses or does not know conditional writes, or the cache is another student's.
 */
export const openBucketWriter = async (address: string, wanted: About): Promise<CacheWriter> => {
  const place = placeOf(address);
  const bucket = await openBucket(place);
  const about = await manifestOf(bucket, place, wanted);
  const contents = await readContents(bucket, place, about);
  if (isSealed(contents))
    throw new LockedError(`${place.shown}: another process is writing it anew: wait until it is done`);
  return openedWriter(bucket, place, { about, contents });
};

/** The manifest that is there, or the one that is made. */
const manifestOf = async (bucket: Bucket, place: BucketPlace, wanted: About): Promise<About> => {
  const made = { ...wanted, stamp: randomBytes(6).toString('hex') };
  if (!(await readManifest(bucket, place))) await bucket.create(cacheFiles.about, asJson(made));
  const there = (await readManifest(bucket, place)) ?? made;
  checkOwner(place.shown, there, wanted);
  // where it is overwritten none the less, it is by what it was
  if (await bucket.create(cacheFiles.about, asJson(there)))
    throw new UserError(
      `${place.shown}: its server does not heed If-None-Match, so two writers could damage the cache: give a bucket of one that knows conditional writes`,
    );
  return there;
};

const openedWriter = (bucket: Bucket, place: BucketPlace, { about, contents }: Written): CacheWriter => {
  const format = rowsOf(about);
  const store = openFragments(bucket, place, { about, contents });
  const { entries } = contents;
  const { known, apply } = knownImages(about, entries);
  let now = about;
  const add = async (lines: readonly Line[], vectors: Uint8Array): Promise<void> => {
    apply(lines);
    await store.add(lines, vectors);
  };
  const append = async (images: readonly Placeless[], features: Float32Array): Promise<void> => {
    checkCount(images.length, features, about);
    const first = store.rows();
    await add(
      images.map((image, i) => ({ ...image, row: first + i })),
      Uint8Array.from(format.encode(features)),
    );
  };
  return {
    ...known,
    isDamaged: false,
    append,
    noteCost: async (cost) => {
      now = { ...now, cost };
      await bucket.put(cacheFiles.about, asJson(now));
    },
    note: (lines) => add(lines, new Uint8Array()),
    flush: store.flush,
    finish: async () => {
      await store.flush();
      await settle(bucket, place, { about: now, contents: { ...store.written(), entries } });
    },
    close: store.close,
    [Symbol.asyncDispose]: store.close,
  };
};

/** Gathers lines and rows, and writes them as the next fragments. */
const openFragments = (bucket: Bucket, place: BucketPlace, { about, contents }: Written) => {
  const { bytes: rowBytes } = rowsOf(about);
  const fragments = [...contents.fragments];
  const writer = randomBytes(8).toString('hex');
  let { rows, lines } = contents;
  let gathered = emptyGathering();
  let hasFailed = false;
  const flush = async (): Promise<void> => {
    const { lines: some, vectors, count } = gathered;
    if (some.length === 0) return;
    const bytes = encodeFragment({ first: rows - count, rows: count, rowBytes, writer }, some, vectors);
    hasFailed = true;
    fragments.push(await addFragment(bucket, place, { about, number: fragments.length }, bytes));
    hasFailed = false;
    gathered = emptyGathering();
  };
  return {
    flush,
    /** Writes what is gathered, unless that has failed already. */
    close: async (): Promise<void> => {
      if (!hasFailed) await flush();
    },
    add: async (some: readonly Line[], vectors: Uint8Array): Promise<void> => {
      const count = vectors.length / rowBytes;
      rows += count;
      lines += some.length;
      for (const line of some) gathered.lines.push(line);
      gathered.vectors.push(vectors);
      gathered.count += count;
      gathered.bytes += vectors.length + LINE_BYTES * some.length;
      if (gathered.bytes >= FRAGMENT_BYTES || performance.now() - gathered.since >= LONGEST_WAIT) await flush();
    },
    /** Number of rows, with those that are only gathered. */
    rows: (): number => rows,
    written: () => ({ fragments, lines, rows }),
  };
};

/** Writes the next fragment. @throws LockedError where another has it, or the cache has been written anew since. */
const addFragment = async (...[bucket, place, next, bytes]: Parameters<typeof writeFragment>): Promise<Fragment> => {
  const fragment = await writeFragment(bucket, place, next, bytes);
  if ((await readManifest(bucket, place))?.stamp === next.about.stamp) return fragment;
  await bucket.remove(fragment.key);
  throw new LockedError(
    `${place.shown}: another process has written it anew: run the same again, which encodes what is missing`,
  );
};

const emptyGathering = () => ({
  lines: [] as Line[],
  vectors: [] as Uint8Array[],
  /** Number of rows. */
  count: 0,
  bytes: 0,
  since: performance.now(),
});
