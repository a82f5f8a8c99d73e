import { randomBytes } from 'node:crypto';
import { UserError } from '../../../errors.ts';
import { LockedError } from '../../../files/lock.ts';
import { isMostlyDead } from '../compact.ts';
import { cacheFiles } from '../file-names.ts';
import { applyLine, type Entry, inRowOrder, type Line } from '../layout.ts';
import { type About, precisionOf, rowsOf } from '../manifest.ts';
import { type CacheWriter, checkOwner, type Placeless } from '../writer.ts';
import { type Bucket, type BucketPlace, openBucket, placeOf } from './bucket.ts';
import { encodeFragment, fragmentKey, HEAD, parseHeader } from './fragment.ts';
import { type Contents, type Fragment, readContents, readManifest, readRows } from './reader.ts';

/** Bytes of rows and lines that are gathered for one fragment, and milliseconds for which they wait at most. */
const FRAGMENT_BYTES = 8 * 2 ** 20;
const LONGEST_WAIT = 20_000;

const asJson = (about: About): Uint8Array => new TextEncoder().encode(`${JSON.stringify(about, null, 2)}\n`);

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
  return openedWriter(bucket, place, { about, contents: await readContents(bucket, place, about) });
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

interface Opened {
  readonly about: About;
  readonly contents: Contents;
}

const openedWriter = (bucket: Bucket, place: BucketPlace, { about, contents }: Opened): CacheWriter => {
  const format = rowsOf(about);
  const entries = new Map(contents.entries);
  const bySha = new Map([...entries.values()].map((entry) => [entry.sha256, entry]));
  const fragments = [...contents.fragments];
  const writer = randomBytes(8).toString('hex');
  let { rows, lines } = contents;
  let now = about;
  let gathered = emptyGathering();
  let hasFailed = false;
  const flush = async (): Promise<void> => {
    const { lines: some, vectors, count } = gathered;
    if (some.length === 0) return;
    const header = { first: rows - count, rows: count, rowBytes: format.bytes, writer };
    hasFailed = true;
    fragments.push(
      await writeFragment(bucket, place, { about, number: fragments.length }, encodeFragment(header, some, vectors)),
    );
    hasFailed = false;
    gathered = emptyGathering();
  };
  const add = async (some: readonly Line[], vectors: Uint8Array): Promise<void> => {
    for (const line of some) {
      applyLine(entries, line);
      if (!('forgotten' in line)) bySha.set(line.sha256, line);
    }
    lines += some.length;
    gathered.lines.push(...some);
    if (vectors.length > 0) gathered.vectors.push(vectors);
    gathered.count += vectors.length / format.bytes;
    gathered.bytes += vectors.length + 200 * some.length;
    if (gathered.bytes >= FRAGMENT_BYTES || performance.now() - gathered.since >= LONGEST_WAIT) await flush();
  };
  const append = async (images: readonly Placeless[], features: Float32Array): Promise<void> => {
    if (features.length !== images.length * about.width)
      throw new Error(`append: ${images.length} rows of ${about.width}, but ${features.length} numbers`);
    const vectors = Uint8Array.from(format.encode(features));
    const placed = images.map((image, i) => ({ ...image, row: rows + i }));
    rows += images.length;
    await add(placed, vectors);
  };
  const close = async (): Promise<void> => {
    if (!hasFailed) await flush();
  };
  return {
    entries,
    isDamaged: false,
    withBytes: (sha256) => bySha.get(sha256),
    append,
    precision: precisionOf(about),
    asKept: (features) => format.kept(Uint8Array.from(format.encode(features))),
    noteCost: async (cost) => {
      now = { ...now, cost };
      await bucket.put(cacheFiles.about, asJson(now));
    },
    note: (some) => add(some, new Uint8Array()),
    flush,
    finish: async () => {
      await flush();
      await settle(bucket, place, { about: now, contents: { fragments, entries, lines, rows } });
    },
    close,
    [Symbol.asyncDispose]: close,
  };
};

const emptyGathering = () => ({
  lines: [] as Line[],
  vectors: [] as Uint8Array[],
  /** Number of rows. */
  count: 0,
  bytes: 0,
  since: performance.now(),
});

interface Numbered {
  readonly about: About;
  readonly number: number;
}

/** Writes the fragment of a number. @throws LockedError where another writer has written it. */
const writeFragment = async (
  bucket: Bucket,
  { shown }: BucketPlace,
  { about: { stamp = '' }, number }: Numbered,
  bytes: Uint8Array,
): Promise<Fragment> => {
  const key = fragmentKey(stamp, number);
  const header = parseHeader(bytes, bytes.length, key);
  if (!(await bucket.create(key, bytes))) {
    // a write that was answered too late, and asked for again, finds its own
    const there = await bucket.get(key, { offset: 0, length: HEAD });
    if (!there || !Buffer.from(there).equals(bytes.subarray(0, HEAD)))
      throw new LockedError(
        `${shown}: another process is writing it: wait until it is done, and run the same again, which encodes what is missing then`,
      );
  }
  return { ...header, key, bytes: bytes.length };
};

/** Fragments of a cache, beside as many as its rows would fill, above which they are written anew. */
const MANY = 64;

/**
 * Writes a cache anew, in a generation of its own, where more than half of its rows or lines are dead or its fragments are
 * many and small. The manifest names the generation: whoever reads meanwhile has the old one, or an error that says to open
 * it again.
 */
const settle = async (bucket: Bucket, place: BucketPlace, { about, contents }: Opened): Promise<void> => {
  const { entries, fragments, lines, rows } = contents;
  const { bytes: rowBytes } = rowsOf(about);
  const written = { byte: 0, line: lines, end: rows * rowBytes };
  const usual = Math.ceil((rows * rowBytes) / FRAGMENT_BYTES);
  if (!isMostlyDead(entries, { rowBytes, place: written }) && fragments.length <= MANY + 2 * usual) return;
  const stamped = { ...about, stamp: randomBytes(6).toString('hex') };
  await rewrite(bucket, place, { about: stamped, contents });
  await bucket.put(cacheFiles.about, asJson(stamped));
  for (const { key } of fragments) await bucket.remove(key);
};

const rewrite = async (bucket: Bucket, place: BucketPlace, { about, contents }: Opened): Promise<void> => {
  const { bytes: rowBytes } = rowsOf(about);
  const writer = randomBytes(8).toString('hex');
  const [atOnce, sorted] = [
    Math.max(1, Math.floor(FRAGMENT_BYTES / (rowBytes + 200))),
    inRowOrder(contents.entries.values()),
  ];
  let [first, before] = [0, -1];
  for (let from = 0, number = 0; from < sorted.length; from += atOnce, number += 1) {
    const rows: number[] = [];
    const moved = sorted.slice(from, from + atOnce).map((entry): Entry => {
      // files of the same bytes have one row together, which may be in the fragment before
      if (entry.row !== before) rows.push(entry.row);
      before = entry.row;
      return { ...entry, row: first + rows.length - 1 };
    });
    const vectors = await readRows(bucket, place, contents.fragments, { rows, rowBytes });
    const header = { first, rows: rows.length, rowBytes, writer };
    await writeFragment(bucket, place, { about, number }, encodeFragment(header, moved, [vectors]));
    first += rows.length;
  }
};
