import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../../errors.ts';
import { openAppendStore, type StorePlace, walkStoreIndex } from '../../files/append-store.ts';
import { removeUnfinished } from '../../files/atomic-write.ts';
import { makeFolder } from '../../files/disk-errors.ts';
import { takeLock } from '../../files/lock.ts';
import { finishReplacing } from '../../files/replace-together.ts';
import type { PrecisionCost } from '../precision-cost.ts';
import { dropChecksumsBeyond, writeChecksums } from './checksums.ts';
import { readColumns, writeColumns } from './columns.ts';
import { compact, isMostlyDead } from './compact.ts';
import { tableOf } from './entries.ts';
import { cacheFiles } from './file-names.ts';
import { checkCount, type KnownImages, knownImages } from './known-images.ts';
import { type Entry, type Line, storeLayout } from './layout.ts';
import { type About, checkStudent, picturesOf, precisionOf, rowsOf } from './manifest.ts';
import { readAbout, writeAbout } from './manifest-file.ts';
import type { EntryTable } from './table/entry-table.ts';

/** Entry of an image that has no row yet. */
export type Placeless = Omit<Entry, 'row'>;

/**
 * Writer of a cache. It holds the files open and keeps other writers out until it is closed. After an error close it
 * and open another, which mends what was half written.
 */
export interface CacheWriter extends KnownImages, AsyncDisposable {
  /** Whether images have lost their numbers, since the files were cut short. They are not among the entries. */
  readonly isDamaged: boolean;
  /** Adds images and their features [images, width]. When it returns they are on the disk; of a bucket, see `flush`. */
  append(images: readonly Placeless[], shares: Float32Array): Promise<void>;
  /** Writes into the manifest what the precision costs. */
  noteCost(cost: PrecisionCost): Promise<void>;
  /** Adds lines alone: images whose row is there already, or images to remove. */
  note(lines: readonly Line[]): Promise<void>;
  /** Writes what was added and only gathered so far: of a bucket, whose objects are to be few. */
  flush(): Promise<void>;
  /**
   * Ends the writing: gives the room of removed images back where more than half of the rows or lines are dead, whole or
   * not at all, and writes the columns by which the cache is opened fast.
   */
  finish(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens a cache for writing, creates it where there is none, and mends what a crash left: rows without a line are
 * overwritten, lines without a row are removed.
 *
 * @throws UserError where it is another student's, where its pictures were read or its numbers kept otherwise, where another process writes it, or where the disk refuses.
 */
export const openCacheWriter = async (folder: string, about: About): Promise<CacheWriter> => {
  await makeFolder(folder);
  const unlock = await takeLock(join(folder, cacheFiles.lock), folder);
  try {
    await removeUnfinished(folder);
    await finishReplacing(folder);
    // only now: whoever held the lock before may have made it another student's
    const there = await readAbout(folder);
    if (there) checkOwner(folder, there, about);
    return await openedWriter(folder, there ?? (await created(folder, about)), unlock);
  } catch (error) {
    await unlock();
    throw error;
  }
};

/** @throws UserError where a cache is another student's, or its pictures were read otherwise. */
export const checkOwner = (folder: string, cached: About, now: About): void => {
  checkStudent(folder, cached, now);
  const [kept, keeping] = [precisionOf(cached), precisionOf(now)];
  if (kept !== keeping)
    throw new UserError(
      `${folder}: its numbers are kept as ${kept}, and are to be kept as ${keeping}: make another cache, or leave out the precision (--precision)`,
    );
  const [before, wanted] = [picturesOf(cached), picturesOf(now)];
  if (before === wanted) return;
  throw new UserError(
    `${folder}: its pictures were read ${before}, and are to be read ${wanted}: make another cache, or leave out pictures (--pictures)`,
  );
};

/** Makes an empty cache. → its manifest */
const created = async (folder: string, about: About): Promise<About> => {
  const stamped = withStamp(about);
  await writeAbout(folder, stamped);
  return stamped;
};

/** The manifest with a new stamp. */
const withStamp = (about: About): About => ({ ...about, stamp: randomBytes(6).toString('hex') });

const openedWriter = async (folder: string, about: About, unlock: () => Promise<void>): Promise<CacheWriter> => {
  const format = rowsOf(about);
  let now = about;
  const { columns, isDamaged } = await soundColumns(folder, about);
  const entries = tableOf(columns);
  const from = columns?.place;
  const store = await openAppendStore(storeLayout(folder, format), 'synced', {
    from,
    take: (line) => entries.apply(line),
  });
  await dropChecksumsBeyond(folder, { about, end: store.next.end });
  const { known, apply } = knownImages(about, entries);
  const add = async (rows: Uint8Array, lines: readonly Line[]): Promise<void> => {
    await store.append(rows, lines);
    apply(lines);
  };
  const noteCost = async (cost: PrecisionCost): Promise<void> => {
    now = { ...now, cost };
    await writeAbout(folder, now);
  };
  const append = async (images: readonly Placeless[], shares: Float32Array): Promise<void> => {
    checkCount(images.length, shares, about);
    const first = store.next.end / format.bytes;
    const placed = images.map((image, i) => ({ ...image, row: first + i }));
    await add(format.encode(shares), placed);
  };
  const finish = async (): Promise<void> => {
    const { next: place } = store;
    await store[Symbol.asyncDispose]();
    await settle(folder, now, { entries, place, from: from?.byte });
  };
  const close = async (): Promise<void> => {
    await store[Symbol.asyncDispose]();
    await unlock();
  };
  return {
    ...known,
    isDamaged: isDamaged || store.lost > 0,
    append,
    noteCost,
    note: (lines) => add(new Uint8Array(), lines),
    flush: async () => {},
    finish,
    close,
    [Symbol.asyncDispose]: close,
  };
};

/** Makes a cache smaller where it is mostly dead, or writes its columns where they do not go as far as its index. */
const settle = async (
  folder: string,
  about: About,
  { entries, place, from }: { entries: EntryTable; place: StorePlace; from: number | undefined },
): Promise<void> => {
  const { stamp = '' } = about;
  if (isMostlyDead(entries, { rowBytes: rowsOf(about).bytes, place }))
    await compactWithChecksums(folder, withStamp(about), entries);
  else {
    if (place.byte !== from) await writeColumns(folder, { arrays: entries.arrays(), place, stamp });
    await writeChecksums(folder, { about, end: place.end });
  }
};

const compactWithChecksums = async (folder: string, about: About, entries: EntryTable): Promise<void> => {
  const end = await compact(folder, about, entries);
  await writeChecksums(folder, { about, end });
};

/** The columns of a cache, unless index or vectors have lost something that they know: they are removed then. */
const soundColumns = async (folder: string, about: About) => {
  const { stamp = '' } = about;
  const columns = await readColumns(folder, stamp);
  if (columns === undefined) return { columns, isDamaged: false };
  if (columns !== 'cut') {
    const layout = storeLayout(folder, rowsOf(about));
    const { size } = await walkStoreIndex(layout, { from: columns.place, take: () => {} });
    if (columns.place.end <= size) return { columns, isDamaged: false };
  }
  await rm(join(folder, cacheFiles.columns), { force: true });
  return { columns: undefined, isDamaged: true };
};
