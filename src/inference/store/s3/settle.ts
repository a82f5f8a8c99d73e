import { randomBytes } from 'node:crypto';
import { UserError } from '../../../errors.ts';
import { LockedError } from '../../../files/lock.ts';
import { columnsOf } from '../columns.ts';
import { isMostlyDead } from '../compact.ts';
import { cacheFiles } from '../file-names.ts';
import type { Entry } from '../layout.ts';
import { type About, rowsOf } from '../manifest.ts';
import type { Bucket, BucketPlace } from './bucket.ts';
import { encodeFragment, fragmentKey, HEAD, parseHeader } from './fragment.ts';
import { type Contents, type Fragment, readRows } from './reader.ts';

/** Bytes of rows and lines of one fragment, about, and those of a line. */
export const FRAGMENT_BYTES = 8 * 2 ** 20;
export const LINE_BYTES = 200;

/** A cache that is written: its manifest, and all that it has. */
export interface Written {
  readonly about: About;
  readonly contents: Contents;
}

/** The bytes of a manifest. */
export const asJson = (about: About): Uint8Array => new TextEncoder().encode(`${JSON.stringify(about, null, 2)}\n`);

interface Numbered {
  readonly about: About;
  readonly number: number;
}

/** Writes the fragment of a number. @throws LockedError where another writer has written it. */
export const writeFragment = async (
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

/** Milliseconds that the writing of a new generation may take, and for which nobody else writes the old one. */
const SEALED = 600_000;

/** Whether a cache is being written anew, by its last fragment. Who began that and was killed is waited for no longer. */
export const isSealed = ({ fragments }: Contents): boolean => {
  const sealed = fragments.at(-1)?.sealed;
  return sealed !== undefined && Math.abs(Date.now() - sealed) < 1.5 * SEALED;
};

/**
 * Writes a cache anew, in a generation of its own, where more than half of its rows or lines are dead or its fragments are
 * many and small. The old one is sealed by an empty fragment, so that nobody adds to it meanwhile. The manifest names the
 * generation: whoever reads meanwhile has the old one, or an error that says to open it again.
 */
export const settle = async (bucket: Bucket, place: BucketPlace, { about, contents }: Written): Promise<void> => {
  const { entries, fragments, lines, rows } = contents;
  const { bytes: rowBytes } = rowsOf(about);
  const written = { byte: 0, line: lines, end: rows * rowBytes };
  const usual = Math.ceil((rows * rowBytes) / FRAGMENT_BYTES);
  if (!isMostlyDead(entries, { rowBytes, place: written }) && fragments.length <= MANY + 2 * usual) return;
  const began = Date.now();
  const header = { first: rows, rows: 0, rowBytes, writer: randomBytes(8).toString('hex'), sealed: began };
  const seal = await writeFragment(bucket, place, { about, number: fragments.length }, encodeFragment(header, [], []));
  const stamped = { ...about, stamp: randomBytes(6).toString('hex') };
  const made = await rewrite(bucket, place, { about: stamped, contents });
  const isLate = Date.now() - began > SEALED;
  if (!isLate) await bucket.put(cacheFiles.about, asJson(stamped));
  for (const { key } of isLate ? made : [...fragments, seal]) await bucket.remove(key);
  if (isLate)
    throw new UserError(
      `${place.shown}: writing it anew took more than ${SEALED / 60_000} minutes: run the same again`,
    );
};

/** Writes the images of a cache as fragments of another generation. */
const rewrite = async (bucket: Bucket, place: BucketPlace, { about, contents }: Written): Promise<Fragment[]> => {
  const made: Fragment[] = [];
  const { bytes: rowBytes } = rowsOf(about);
  const writer = randomBytes(8).toString('hex');
  const atOnce = Math.max(1, Math.floor(FRAGMENT_BYTES / (rowBytes + LINE_BYTES)));
  const { size, entryAt } = columnsOf(contents.entries.arrays());
  let [first, before] = [0, -1];
  for (let from = 0, number = 0; from < size; from += atOnce, number += 1) {
    const rows: number[] = [];
    const moved = Array.from({ length: Math.min(atOnce, size - from) }, (_, i): Entry => {
      const entry = entryAt(from + i);
      // files of the same bytes have one row together, which may be in the fragment before
      if (entry.row !== before) rows.push(entry.row);
      before = entry.row;
      return { ...entry, row: first + rows.length - 1 };
    });
    const vectors = await readRows(bucket, place, contents.fragments, { rows, rowBytes });
    const header = { first, rows: rows.length, rowBytes, writer };
    made.push(await writeFragment(bucket, place, { about, number }, encodeFragment(header, moved, [vectors])));
    first += rows.length;
  }
  return made;
};
