import { collate } from '../data/batch.ts';
import type { PictureOptions, PictureStyle } from '../data/pictures/options.ts';
import { UserError } from '../errors.ts';
import { type CacheWriter, openCacheWriter } from './cache-writer.ts';
import { type FileState, inspectImages } from './file-states.ts';
import { aboutOf, type ImageCache, openImageCache, picturesOf, readAbout } from './image-cache.ts';
import { type ImageFile, listImages } from './image-files.ts';
import { type Runnable, withPredictor } from './opened.ts';
import type { Predictor } from './predictor.ts';
import { sizeRuleOf } from './preprocessor.ts';

/** Progress of `cacheImages`. The last report has the totals. */
export interface CacheProgress {
  /** Files that are done, in whatever way. */
  readonly done: number;
  readonly of: number;
  /** Images that went through the encoder. */
  readonly encoded: number;
  /** Images that were cached already. */
  readonly kept: number;
  /** Files that hold no readable image. */
  readonly unreadable: number;
  /** Images that were cached before and whose files are gone. */
  readonly forgotten: number;
}

/** Options of `cacheImages`. */
export interface CacheOptions extends PictureOptions {
  /** Folder of the cache; created if need be. */
  readonly to: string;
  /** Images that are encoded together; a crash loses at most one batch. Default 16. */
  readonly batch?: number | undefined;
  readonly onProgress?: ((progress: CacheProgress) => void) | undefined;
  /** Receives a sentence about every file that is passed over. */
  readonly onWarning?: ((message: string) => void) | undefined;
  /** Files that hold no readable image are passed over (`skip`, default), or are an error (`refuse`). */
  readonly unreadable?: 'skip' | 'refuse' | undefined;
  /** Threads of a model that is not open yet. Default: the processors that this process may use. */
  readonly threads?: number | undefined;
}

/**
 * Encodes every image below a folder once and keeps its features, from which a question or a search is answered. Images
 * that are cached already are not encoded again: those with the same path, size and time, or the same bytes under any
 * name. Images that are gone are removed from the cache.
 *
 * @param student a dual encoder, or one that is open (`openPredictor`).
 * @throws UserError where the folder has no image, the cache is another student's, or the model is no dual encoder.
 */
export const cacheImages = async (student: Runnable, folder: string, options: CacheOptions): Promise<ImageCache> =>
  await withPredictor(student, options, (predictor) => cacheWith(predictor, folder, options));

const cacheWith = async (student: Predictor, folder: string, options: CacheOptions): Promise<ImageCache> => {
  const files = await listImages(folder);
  const pictures = await pictureStyleOf(options);
  const writer = await openCacheWriter(options.to, aboutOf(student, pictures));
  try {
    await fill(writer, files, { student, folder, options: { ...options, pictures } });
  } finally {
    await writer.close();
  }
  return openImageCache(options.to);
};

/** How the pictures of a cache are read: as asked, or as those that it holds. */
const pictureStyleOf = async ({ to, pictures, onWarning }: CacheOptions): Promise<PictureStyle> => {
  const there = await readAbout(to);
  if (!there) return pictures ?? 'as-shown';
  const style = pictures ?? picturesOf(there);
  if (style === 'as-vilt' && pictures === undefined)
    onWarning?.(
      `${to}: its pictures were read as ViLT reads them (as-vilt), without their EXIF orientation and transparency, and so are new ones: make another cache to have them as shown`,
    );
  return style;
};

interface Work {
  readonly student: Predictor;
  readonly folder: string;
  readonly options: CacheOptions;
}

const fill = async (
  writer: CacheWriter,
  files: readonly ImageFile[],
  { student, folder, options }: Work,
): Promise<void> => {
  const { batch = 16, onProgress } = options;
  if (!(batch >= 1)) throw new UserError(`cacheImages: a batch of ${batch} images: give at least 1`);
  const counts = { encoded: 0, kept: 0, unreadable: 0, forgotten: 0 };
  const report = (kind: keyof typeof counts, count: number): void => {
    counts[kind] += count;
    const done = counts.encoded + counts.kept + counts.unreadable;
    if (count > 0) onProgress?.({ ...counts, done, of: files.length });
  };
  const { sizes } = student.config;
  for await (const window of inspectImages(files, {
    folder,
    rule: sizeRuleOf(sizes),
    ...{ pictures: options.pictures, maxMegapixels: options.maxMegapixels },
    cached: writer.entries,
    window: 4 * batch,
  })) {
    report('unreadable', await passOver(writer, window, options));
    report('kept', await keep(writer, window));
    for (const images of batchesOf(window, batch)) report('encoded', await encode(writer, images, student));
  }
  // only now, so that a moved file has found its features under its old name
  report('forgotten', await forgetMissing(writer, files));
};

const passOver = async (
  writer: CacheWriter,
  window: readonly FileState[],
  { unreadable, onWarning }: CacheOptions,
): Promise<number> => {
  const failed = window.filter((looked) => looked.kind === 'unreadable');
  for (const { failure } of failed) {
    if (unreadable === 'refuse') throw failure;
    onWarning?.(`passed over: ${failure.message}`);
  }
  await forget(
    writer,
    failed.map(({ path }) => path),
  );
  return failed.length;
};

const keep = async (writer: CacheWriter, window: readonly FileState[]): Promise<number> => {
  const renamed = window.filter((looked) => looked.kind === 'renamed').map(({ entry }) => entry);
  await writer.note(renamed);
  return renamed.length + window.filter(({ kind }) => kind === 'kept').length;
};

type NewImage = Extract<FileState, { kind: 'new' }>;

/** Batches of images to encode, sorted by their number of patches, so that little is padded. */
const batchesOf = (window: readonly FileState[], batch: number): NewImage[][] => {
  const patches = ({ picture: { rows, columns } }: NewImage): number => rows * columns;
  const images = window.filter((looked) => looked.kind === 'new').sort((a, b) => patches(a) - patches(b));
  return Array.from({ length: Math.ceil(images.length / batch) }, (_, i) => images.slice(i * batch, (i + 1) * batch));
};

const encode = async (writer: CacheWriter, images: readonly NewImage[], student: Predictor): Promise<number> => {
  const encoded = images.map(({ file, picture }) => ({ id: file.path, words: new Int32Array(0), images: [picture] }));
  const features = await student.imageFeatures(collate(encoded, student.config.sizes));
  await writer.append(
    images.map(({ file }) => file),
    features.data,
  );
  return images.length;
};

const forgetMissing = async (writer: CacheWriter, files: readonly ImageFile[]): Promise<number> => {
  const there = new Set(files.map(({ path }) => path));
  return forget(
    writer,
    [...writer.entries.keys()].filter((path) => !there.has(path)),
  );
};

const forget = async (writer: CacheWriter, paths: readonly string[]): Promise<number> => {
  const known = paths.filter((path) => writer.entries.has(path));
  await writer.note(known.map((path) => ({ path, forgotten: true })));
  return known.length;
};
