import { collate, type PreparedImage } from '../data/batch.ts';
import { openForCaching } from './open-for-caching.ts';
import type { Predictor } from './predictor.ts';
import type { CacheWriter, Placeless } from './store/writer.ts';

/** An image that is ready for the encoder, and what its entry will say of its file. */
export interface ReadyImage {
  readonly file: Placeless;
  readonly picture: PreparedImage;
}

/**
 * A cache that is open for single images to be added and removed, where `cacheImages` compares it with a whole folder. It
 * keeps other writers out until it is closed. After an error close it and open another, which mends what was half
 * written.
 */
export interface CacheEditor extends AsyncDisposable {
  /** SHA-256 of an image's bytes by its path; undefined where it is not cached. */
  shaOf(path: string): string | undefined;
  /** Encodes images, those of the same bytes once, and adds them. When it returns they are on the disk. */
  add(images: readonly ReadyImage[]): Promise<void>;
  /** Removes images; paths that are not cached are passed over. When it returns they are gone from the disk. */
  remove(paths: readonly string[]): Promise<void>;
  /** Writes what makes the cache open fast and gives room back, then lets other writers in. */
  close(): Promise<void>;
}

/**
 * Opens a cache for single changes, and makes an empty one where there is none.
 *
 * @throws LockedError where another writer has it. UserError where it is another student's, or the disk refuses.
 */
export const openCacheEditor = async (student: Predictor, folder: string): Promise<CacheEditor> => {
  const { writer } = await openForCaching(student, { to: folder });
  let isWhole = true;
  const guarded = async (change: () => Promise<void>): Promise<void> => {
    isWhole = false;
    await change();
    isWhole = true;
  };
  const close = async (): Promise<void> => {
    try {
      if (isWhole) await writer.finish();
    } finally {
      await writer.close();
    }
  };
  return {
    shaOf: (path) => writer.entries.get(path)?.sha256,
    add: (images) => guarded(() => addTo(writer, student, images)),
    remove: (paths) =>
      guarded(() =>
        writer.note(
          paths.filter((path) => writer.entries.has(path)).map((path) => ({ path, forgotten: true }) as const),
        ),
      ),
    close,
    [Symbol.asyncDispose]: close,
  };
};

const addTo = async (writer: CacheWriter, student: Predictor, images: readonly ReadyImage[]): Promise<void> => {
  const seen = new Set<string>();
  const fresh = images.filter(({ file: { sha256 } }) => {
    const isFresh = !writer.withBytes(sha256) && !seen.has(sha256);
    seen.add(sha256);
    return isFresh;
  });
  if (fresh.length > 0) {
    const encoded = fresh.map(({ file, picture }) => ({
      ...{ id: file.path, words: new Int32Array(0), images: [picture] },
    }));
    const { data } = await student.imageFeatures(collate(encoded, student.config.sizes));
    await writer.append(
      fresh.map(({ file }) => file),
      data,
    );
  }
  const copies = images.filter((image) => !fresh.includes(image));
  await writer.note(copies.map(({ file }) => ({ ...file, row: writer.withBytes(file.sha256)!.row })));
};
