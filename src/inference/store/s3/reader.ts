import { UserError } from '../../../errors.ts';
import { mapConcurrent } from '../../../files/map-concurrent.ts';
import { allPlaces, type ImageCache, imageCacheOf, type KeptBlock, type KeptOptions } from '../../image-cache.ts';
import type { Columns } from '../column-arrays.ts';
import { columnsOf } from '../columns.ts';
import { cacheFiles } from '../file-names.ts';
import type { Line } from '../layout.ts';
import { type About, parseAbout, rowsOf } from '../manifest.ts';
import { EntryTable } from '../table/entry-table.ts';
import { type Bucket, type BucketPlace, openBucket, placeOf } from './bucket.ts';
import { type FragmentHeader, fragmentNumber, HEAD, MEND, parseHeader, parseLines } from './fragment.ts';

/** A fragment that is there. */
export interface Fragment extends FragmentHeader {
  readonly key: string;
  readonly bytes: number;
}

/** The manifest of a cache; undefined where there is none. @throws UserError where it is not ours. */
export const readManifest = async (bucket: Bucket, { shown }: BucketPlace): Promise<About | undefined> => {
  const bytes = await bucket.get(cacheFiles.about);
  if (!bytes) return undefined;
  const path = `${shown}/${cacheFiles.about}`;
  try {
    return parseAbout(JSON.parse(Buffer.from(bytes).toString('utf8')), path);
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`${path}: it is not JSON: ${MEND}`, { cause: error });
  }
};

/** Bytes of a fragment that are asked for first: as a rule all of its lines. */
const FIRST_BYTES = 2 ** 18;
/** Fragments that are read at the same time. */
const AT_ONCE = 16;

/** All that a cache has, but for its rows. */
export interface Contents {
  readonly fragments: readonly Fragment[];
  readonly entries: EntryTable;
  /** Number of lines, and of rows, dead ones too. */
  readonly lines: number;
  readonly rows: number;
}

/**
 * Reads the headers and lines of all fragments of a cache.
 *
 * @throws UserError where one is missing or damaged.
 */
export const readContents = async (bucket: Bucket, { shown }: BucketPlace, about: About): Promise<Contents> => {
  const { stamp = '' } = about;
  const listed = (await bucket.list(`${stamp}/`)).filter(({ key }) => fragmentNumber(key) !== undefined);
  const missing = listed.findIndex(({ key }, i) => fragmentNumber(key) !== i);
  if (missing >= 0) throw new UserError(`${shown}: its fragment ${missing} is missing: ${MEND}`);
  const entries = new EntryTable();
  const fragments: Fragment[] = [];
  let [rows, lines] = [0, 0];
  const { bytes: rowBytes } = rowsOf(about);
  for await (const { fragment, lines: some } of linesOf(bucket, listed, shown)) {
    if (fragment.first !== rows || fragment.rowBytes !== rowBytes)
      throw new UserError(`${shown}/${fragment.key}: it is of another cache: ${MEND}`);
    for (const line of some) entries.apply(line);
    fragments.push(fragment);
    rows += fragment.rows;
    lines += some.length;
  }
  return { fragments, entries, lines, rows };
};

/** Reads fragments in their order, some at the same time, so that few lines are held as objects. */
async function* linesOf(bucket: Bucket, listed: readonly Listed[], shown: string) {
  for (let first = 0; first < listed.length; first += AT_ONCE) {
    const some = listed.slice(first, first + AT_ONCE);
    yield* await mapConcurrent(some, (one) => readLines(bucket, one, shown), AT_ONCE);
  }
}

/** An object that is listed. */
interface Listed {
  readonly key: string;
  readonly bytes: number;
}

const readLines = async (
  bucket: Bucket,
  { key, bytes }: Listed,
  shown: string,
): Promise<{ fragment: Fragment; lines: Line[] }> => {
  const path = `${shown}/${key}`;
  const head = await whole(bucket, key, { offset: 0, length: Math.min(bytes, FIRST_BYTES) }, path);
  const header = parseHeader(head, bytes, path);
  const end = HEAD + header.lines;
  const text = [head.subarray(HEAD, Math.min(end, head.length))];
  if (end > head.length) text.push(await whole(bucket, key, { offset: head.length, length: end - head.length }, path));
  return { fragment: { ...header, key, bytes }, lines: parseLines(Buffer.concat(text), path) };
};

/** A range of an object. @throws UserError where the object is gone, or shorter. */
const whole = async (
  bucket: Bucket,
  key: string,
  range: { readonly offset: number; readonly length: number },
  path: string,
): Promise<Uint8Array> => {
  const bytes = await bucket.get(key, range);
  if (bytes?.length === range.length) return bytes;
  throw new UserError(
    bytes
      ? `${path}: it is cut short: ${MEND}`
      : `${path}: it is gone: the cache was made anew or made smaller since it was opened: open it again`,
  );
};

/** Opens a cache in a bucket for questions. It is read as it is now. */
export const openBucketCache = async (address: string): Promise<ImageCache> => {
  const place = placeOf(address);
  const bucket = await openBucket(place);
  const about = await readManifest(bucket, place);
  if (!about)
    throw new UserError(`${place.shown}: it is no image cache: make it with dide cache … --to ${place.shown}`);
  const { entries, fragments } = await readContents(bucket, place, about);
  const columns = columnsOf(entries.arrays());
  return imageCacheOf({ folder: place.shown, about, columns }, (options) =>
    readKept(bucket, place, { about, columns, fragments }, options),
  );
};

/** State of an open cache. */
interface Opened {
  readonly about: About;
  readonly columns: Columns;
  readonly fragments: readonly Fragment[];
}

async function* readKept(
  bucket: Bucket,
  place: BucketPlace,
  { about, columns, fragments }: Opened,
  { only, rows: most = 4096 }: KeptOptions = {},
): AsyncGenerator<KeptBlock, void, undefined> {
  const places = only ?? allPlaces(columns.size);
  const { bytes: rowBytes } = rowsOf(about);
  const read = async (first: number): Promise<KeptBlock> => {
    const some = places.subarray(first, first + most);
    const rows = Array.from(some, (at) => columns.rows[at]!);
    return { places: some, bytes: await readRows(bucket, place, fragments, { rows, rowBytes }) };
  };
  let next = places.length > 0 ? read(0) : undefined;
  for (let first = 0; next; first += most) {
    const block = next;
    // the next one is on its way while the consumer works on this
    const following = first + most < places.length ? block.then(() => read(first + most)) : undefined;
    following?.catch(() => undefined);
    yield await block;
    next = following;
  }
}

/** Bytes between two wanted rows that are read rather than asked about again. */
const GAP = 2 ** 16;
/** Ranges that are read at the same time. */
const RANGES = 8;

/** Rows that are read together: neighbours, or nearly. */
interface Run {
  readonly fragment: Fragment;
  /** Places in the list. */
  readonly from: number;
  readonly to: number;
}

/** Reads rows of a list that never falls, neighbours in one range. → their bytes, one after the other */
export const readRows = async (
  bucket: Bucket,
  { shown }: BucketPlace,
  fragments: readonly Fragment[],
  { rows, rowBytes }: { readonly rows: readonly number[]; readonly rowBytes: number },
): Promise<Uint8Array<ArrayBuffer>> => {
  const bytes = new Uint8Array(rows.length * rowBytes);
  await mapConcurrent(
    runsOf(fragments, rows, rowBytes),
    async ({ fragment, from, to }) => {
      const { key, first, lines } = fragment;
      const [low, high] = [rows[from]!, rows[to - 1]!];
      const range = { offset: HEAD + lines + (low - first) * rowBytes, length: (high - low + 1) * rowBytes };
      const part = await whole(bucket, key, range, `${shown}/${key}`);
      for (let i = from; i < to; i += 1)
        bytes.set(part.subarray((rows[i]! - low) * rowBytes, (rows[i]! - low + 1) * rowBytes), i * rowBytes);
    },
    RANGES,
  );
  return bytes;
};

const runsOf = (fragments: readonly Fragment[], rows: readonly number[], rowBytes: number): Run[] => {
  const runs: Run[] = [];
  let at = 0;
  for (let from = 0, to = 1; from < rows.length; from = to, to += 1) {
    while (rows[from]! >= fragments[at]!.first + fragments[at]!.rows) at += 1;
    const fragment = fragments[at]!;
    const isNear = (i: number): boolean =>
      rows[i]! < fragment.first + fragment.rows && (rows[i]! - rows[i - 1]!) * rowBytes <= GAP;
    while (to < rows.length && isNear(to)) to += 1;
    runs.push({ fragment, from, to });
  }
  return runs;
};
