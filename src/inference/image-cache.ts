import { join } from 'node:path';
import type { PictureStyle } from '../data/pictures/options.ts';
import type { Numbers } from '../engine/numbers.ts';
import { UserError } from '../errors.ts';
import { openCurrent } from '../files/replace-together.ts';
import { checkEncodesImages, type Predictor } from './predictor.ts';
import { sizeRuleOf } from './preprocessor.ts';
import type { Columns } from './store/columns.ts';
import { readEntries } from './store/entries.ts';
import { cacheFiles, type Entry } from './store/layout.ts';
import { type About, precisionOf, readAbout, rowsOf } from './store/manifest.ts';
import type { Precision } from './store/row-format.ts';
import { readRows } from './store/rows.ts';

/** Cached images, and their features. */
export interface Block {
  /** Paths of the images below the folder that was cached. */
  readonly paths: readonly string[];
  readonly entries: readonly Entry[];
  /** Places of the images in the cache, ascending: [entries]. */
  readonly places: Uint32Array;
  /** [entries, width] */
  readonly features: Numbers<Float32Array>;
}

/** Cache of the images that a student has encoded, as it was when it was opened. It holds no file open. */
export interface ImageCache {
  readonly folder: string;
  readonly about: About;
  /** Number of images. */
  readonly size: number;
  /** Number that their features are kept as, and the bytes that an image takes so. */
  readonly precision: Precision;
  readonly rowBytes: number;
  /** In the order of their rows. */
  readonly entries: readonly Entry[];
  /** What is kept about the images, a column each, for those that filter or sort many of them. */
  readonly columns: Columns;
  /** Path of the image at a place, from 0 to `size` - 1. */
  pathAt(place: number): string;
  /** All that is kept about the image at a place. */
  entryAt(place: number): Entry;
  /**
   * Yields every image, or those of interest, some at a time, so that a cache may be larger than the memory. The
   * features of a block are overwritten by those of the next.
   *
   * @throws UserError where its rows have been moved since it was opened, or cannot be read.
   */
  blocks(options?: BlockOptions): AsyncGenerator<Block, void, undefined>;
  /** Yields the same as bytes, as `rowsOf(about)` has them. @throws UserError as `blocks`. */
  keptBlocks(options?: KeptOptions): AsyncGenerator<KeptBlock, void, undefined>;
}

/** Cached images, and the bytes of their rows. */
export interface KeptBlock {
  /** Places of the images in the cache, ascending: [images]. */
  readonly places: Uint32Array;
  /** Overwritten when as many blocks have followed as there are buffers. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Options of the blocks of a cache. */
export interface BlockOptions {
  /** Most images of a block. Default 4096. */
  readonly rows?: number | undefined;
  /** Places of the images of interest, ascending. Default: all. */
  readonly only?: Uint32Array | undefined;
}

/** Options of the kept blocks of a cache. */
export interface KeptOptions extends BlockOptions {
  /** Blocks that stay as they are while further ones are read. Default 1. */
  readonly buffers?: number | undefined;
}

/** Attempts at reading a cache whose files are replaced at the same time, which takes moments and is rare. */
const ATTEMPTS = 10;

/**
 * Opens a cache of images. Others may be writing it: it is read as it was at one time.
 *
 * @throws UserError where the folder is no cache, or one that this version does not read, or where a part of it is
 *   missing or cut short.
 */
export const openImageCache = async (folder: string): Promise<ImageCache> => {
  for (let attempt = 1; ; attempt += 1) {
    const about = await aboutIn(folder);
    const columns = await readEntries(folder, about).catch((error: unknown) => error);
    const isLast = attempt === ATTEMPTS || (await aboutIn(folder)).stamp === about.stamp;
    if (isLast && 'rows' in (columns as object)) return cacheOf(folder, about, columns as Columns);
    if (isLast) throw columns;
  }
};

const aboutIn = async (folder: string): Promise<About> => {
  const about = await readAbout(folder);
  if (about) return about;
  throw new UserError(
    `${folder}: it is no image cache, for it has no ${cacheFiles.about}: cache a folder of images first`,
  );
};

const cacheOf = (folder: string, about: About, columns: Columns): ImageCache => {
  let entries: readonly Entry[] | undefined;
  return {
    folder,
    about,
    size: columns.size,
    precision: precisionOf(about),
    rowBytes: rowsOf(about).bytes,
    get entries() {
      entries ??= Array.from({ length: columns.size }, (_, place) => columns.entryAt(place));
      return entries;
    },
    columns,
    pathAt: columns.pathAt,
    entryAt: columns.entryAt,
    keptBlocks: (options = {}) => readKept(folder, about, { columns, ...options }),
    blocks: (options = {}) => readBlocks(folder, about, { columns, ...options }),
  };
};

async function* readKept(
  folder: string,
  about: About,
  { columns, rows = 4096, only, buffers }: KeptOptions & { readonly columns: Columns },
): AsyncGenerator<KeptBlock, void, undefined> {
  const places = only ?? allPlaces(columns.size);
  if (places.length === 0) return;
  const format = rowsOf(about);
  const path = join(folder, format.file);
  await using handle = await openCurrent(path);
  if (!handle) throw new UserError(`${path}: it is missing, and with it the numbers of the images: ${COPY}`);
  if ((await aboutIn(folder)).stamp !== about.stamp)
    throw new UserError(`${folder}: it was made anew or made smaller since it was opened: open it again`);
  const wanted = only ? only.map((place) => columns.rows[place]!) : columns.rows;
  const reading = { rowBytes: format.bytes, atOnce: rows, path, buffers };
  for await (const { first, count, bytes } of readRows(handle, wanted, reading))
    yield { places: places.subarray(first, first + count), bytes };
}

/** The places of all images. */
const allPlaces = (size: number): Uint32Array => {
  const places = new Uint32Array(size);
  for (let place = 0; place < size; place += 1) places[place] = place;
  return places;
};

async function* readBlocks(
  folder: string,
  about: About,
  options: BlockOptions & { readonly columns: Columns },
): AsyncGenerator<Block, void, undefined> {
  const { width } = about;
  const { decode } = rowsOf(about);
  const { columns } = options;
  let data = new Float32Array();
  for await (const { places, bytes } of readKept(folder, about, options)) {
    if (data.length < places.length * width) data = new Float32Array(places.length * width);
    const features = data.subarray(0, places.length * width);
    decode(bytes, features);
    yield {
      places,
      get paths() {
        return Array.from(places, columns.pathAt);
      },
      get entries() {
        return Array.from(places, columns.entryAt);
      },
      features: { shape: [places.length, width], data: features },
    };
  }
}

const COPY = 'copy the whole folder, or cache the images again';

/** What a cache's manifest says beside its student. */
export interface KeepingOptions {
  /** How its pictures are read. Default: as shown. */
  readonly pictures?: PictureStyle | undefined;
  /** Number that features are kept as. Default float32. */
  readonly precision?: Precision | undefined;
}

/** Manifest of a student's cache. @throws UserError where the model cannot encode images alone. */
export const aboutOf = (
  student: Predictor,
  { pictures = 'as-shown', precision = 'float32' }: KeepingOptions = {},
): About => {
  checkEncodesImages(student);
  const { shortest, multiple, filter = 'bicubic' } = sizeRuleOf(student.config);
  return {
    format: 1,
    student: student.identity(),
    task: student.config.task,
    preprocessing: { resize: `pillow-${filter}`, shortest, multiple, ...(pictures === 'as-shown' ? { pictures } : {}) },
    modality: 1,
    width: student.width,
    ...(precision === 'float32' ? {} : { precision }),
  };
};
