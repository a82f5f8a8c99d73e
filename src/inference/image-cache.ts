import type { PictureStyle } from '../data/pictures/options.ts';
import type { Numbers } from '../engine/numbers.ts';
import { checkEncodesImages, type Predictor } from './predictor.ts';
import { sizeRuleOf } from './size-rule.ts';
import type { Columns } from './store/column-arrays.ts';
import type { Entry } from './store/layout.ts';
import { type About, precisionOf, rowsOf } from './store/manifest.ts';
import type { Precision } from './store/row-format.ts';

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
  /** Its folder, or the address of its database without a password, for messages. */
  readonly folder: string;
  readonly about: About;
  /** Number of images. */
  readonly size: number;
  /** Number that their features are kept as, and the bytes that an image takes so. */
  readonly precision: Precision;
  readonly rowBytes: number;
  /** In the order of their rows. */
  readonly entries: readonly Entry[];
  /** Metadata of the images, a column each, for callers that filter or sort many of them. */
  readonly columns: Columns;
  /** Path of the image at a place, from 0 to `size` - 1. */
  pathAt(place: number): string;
  /** All that is kept about the image at a place. */
  entryAt(place: number): Entry;
  /** The cache that the image at a place is in, where several are asked as one. */
  readonly cacheAt?: ((place: number) => string) | undefined;
  /**
   * Yields every image, or those of interest, some at a time, so that a cache may be larger than the memory. The
   * features of a block are overwritten by those of the next.
   *
   * @throws UserError where its rows have been moved since it was opened, or cannot be read.
   */
  blocks(options?: BlockOptions): AsyncGenerator<Block, void, undefined>;
  /** Yields the same as bytes, as `rowsOf(about)` has them. @throws UserError as `blocks`. */
  keptBlocks(options?: KeptOptions): AsyncGenerator<KeptBlock, void, undefined>;
  /**
   * Places of the images whose features have the smallest angles to a vector of length 1, at most `count` of them,
   * ascending; of a database, whose index may miss some. Absent where every image must be compared.
   */
  readonly nearest?: ((vector: Float32Array, count: number) => Promise<Uint32Array>) | undefined;
  /**
   * Reads all rows and compares them with their checksums. Returns the number of bytes that have one; a database keeps its
   * own, and has none here.
   *
   * @throws UserError that names the bytes and rows that are not as they were written.
   */
  readonly check?: (() => Promise<number>) | undefined;
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

/** Parts of a cache that are known before its rows are read. */
interface CacheParts {
  /** Its folder or address, for messages. */
  readonly folder: string;
  readonly about: About;
  readonly columns: Columns;
  readonly nearest?: ImageCache['nearest'];
  readonly check?: ImageCache['check'];
  readonly cacheAt?: ImageCache['cacheAt'];
}

/** A cache whose rows are read by a function, from a file or from elsewhere. */
export const imageCacheOf = (parts: CacheParts, read: ImageCache['keptBlocks']): ImageCache => {
  const { folder, about, columns, nearest, check, cacheAt } = parts;
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
    keptBlocks: read,
    nearest,
    check,
    cacheAt,
    blocks: (options) => blocksOf(parts, read(options)),
  };
};

/** The places of all images. */
export const allPlaces = (size: number): Uint32Array => {
  const places = new Uint32Array(size);
  for (let place = 0; place < size; place += 1) places[place] = place;
  return places;
};

async function* blocksOf(
  { about, columns }: CacheParts,
  kept: AsyncGenerator<KeptBlock, void, undefined>,
): AsyncGenerator<Block, void, undefined> {
  const { width } = about;
  const { decode } = rowsOf(about);
  let data = new Float32Array();
  for await (const { places, bytes } of kept) {
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

/** Fields of a cache's manifest beside its student. */
export interface KeepingOptions {
  /** Style of reading its pictures. Default: as shown. */
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
