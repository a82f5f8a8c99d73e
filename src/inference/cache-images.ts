import type { PictureOptions } from '../data/pictures/options.ts';
import { UserError } from '../errors.ts';
import { makeFolder } from '../files/disk-errors.ts';
import { noticesOf, reasonOf } from '../files/passed-over.ts';
import { alone, type ProcessOptions } from '../processes/processes.ts';
import type { FileState } from './file-states.ts';
import type { ImageCache } from './image-cache.ts';
import { type ListedImages, listImages } from './image-files.ts';
import { openForCaching } from './open-for-caching.ts';
import { openImageCache } from './open-image-cache.ts';
import { type Runnable, withPredictor } from './opened.ts';
import { mergedEncoding } from './pieces/merge-pictures.ts';
import { precisionCost } from './precision-cost.ts';
import type { Predictor } from './predictor.ts';
import { sizeRuleOf } from './size-rule.ts';
import { isAddress } from './store/backends.ts';
import type { Precision } from './store/row-format.ts';
import type { CacheWriter } from './store/writer.ts';
import { type EncodedImages, encodeBeside, openEncoding } from './together/encoding.ts';

/**
 * Progress of `cacheImages`. The last report has the totals: everything found below the folder is encoded, kept,
 * unreadable or passed over.
 */
export interface CacheProgress {
  /** Images that are done, in whatever way. */
  readonly done: number;
  readonly of: number;
  /** Everything found below the folder. */
  readonly found: number;
  /** Images that went through the encoder. */
  readonly encoded: number;
  /** Images that were cached already, or are copies of one that was or is now. */
  readonly kept: number;
  /** Files that hold no readable image. */
  readonly unreadable: number;
  /** Files and folders passed over: what is no picture by its name, cannot be reached, or has a name that is no UTF-8. */
  readonly passedOver: number;
  /** Images that were cached before and whose files are gone. */
  readonly forgotten: number;
}

/** A file or folder that is not cached, and why. */
export interface LeftOut {
  /** Path below the folder of images; bytes that are no UTF-8 are U+FFFD. */
  readonly path: string;
  readonly kind: 'unreadable' | 'passed over';
  readonly why: string;
}

/** Options of `cacheImages`. */
export interface CacheOptions extends PictureOptions, ProcessOptions {
  /**
   * Folder of the cache, or the address of a Postgres database with pgvector (`postgres://me@localhost/pictures?cache=photos`);
   * created if need be.
   */
  readonly to: string;
  /** Images that are encoded together; a crash loses at most one batch. Default 16. */
  readonly batch?: number | undefined;
  readonly onProgress?: ((progress: CacheProgress) => void) | undefined;
  /** Receives a sentence about every unreadable image, and one about each kind of what else is passed over. */
  readonly onWarning?: ((message: string) => void) | undefined;
  /** Receives everything that is left out, one by one. */
  readonly onLeftOut?: ((file: LeftOut) => void) | undefined;
  /** Images and folders that cannot be read are left out (`skip`, default), or are an error (`refuse`). */
  readonly unreadable?: 'skip' | 'refuse' | undefined;
  /**
   * Number that features are kept as. `float16` (default) halves the cache and moves a probability by less than 0.001 in
   * the tests; `int8` quarters it. `about.cost` of the cache is measured on its own images. Default of a cache that is
   * there: its own.
   */
  readonly precision?: Precision | undefined;
  /** By what a cached image is known: path, size and time (`time`, default), or bytes, read anew (`bytes`). */
  readonly compare?: 'time' | 'bytes' | undefined;
  /** Seconds to wait for another process that writes the cache, which is otherwise an error at once. Default 0. */
  readonly waitSeconds?: number | undefined;
  /** Ends it by throwing the reason of its abortion; what is encoded by then is kept. */
  readonly signal?: AbortSignal | undefined;
  /** Threads of a model that is not open yet. Default: the processors that this process may use. */
  readonly threads?: number | undefined;
  /** JSON of pictures that `encodePictures` encoded elsewhere, a line each; those in none of them are encoded here. */
  readonly encoded?: AsyncIterable<string> | undefined;
}

/**
 * Encodes every image below a folder once and keeps its features, from which a question or a search is answered. Images
 * that are cached already are not encoded again: those with the same path, size and time, or the same bytes under any
 * name. Images that are gone are removed from the cache. Given `processes`, each reads and encodes a part of the images,
 * and the first writes: all must see the folder and the cache.
 *
 * @param student a dual encoder, or one that is open (`openPredictor`).
 * @throws UserError where the folder has no image, the cache is another student's, or the model is no dual encoder.
 */
export const cacheImages = async (student: Runnable, folder: string, options: CacheOptions): Promise<ImageCache> =>
  await withPredictor(student, options, (predictor) => cacheWith(predictor, folder, options));

const cacheWith = async (student: Predictor, folder: string, options: CacheOptions): Promise<ImageCache> => {
  student.identity(); // refuses a model that encodes no images before a folder is read or made
  const { processes = alone } = options;
  if (processes.rank === 0) await fillCache(student, folder, options);
  else await encodeBeside(student, processes);
  return openImageCache(options.to);
};

/** Lists the images and writes the cache, and has other processes encode their part, where there are any. */
const fillCache = async (student: Predictor, folder: string, options: CacheOptions): Promise<void> => {
  const listed = await listImages(folder, { except: options.to, signal: options.signal });
  tellPassedOver(folder, listed, options);
  if (!isAddress(options.to)) await makeFolder(options.to);
  const { writer, pictures } = await openForCaching(student, options);
  if (writer.isDamaged)
    options.onWarning?.(`${options.to}: a part of it was missing or cut short: its images are encoded again`);
  try {
    const sample: Float32Array[] = [];
    await fill(writer, listed, { student, folder, sample, options: { ...options, pictures } });
    await writer.flush();
    await measureCost(writer, student, sample);
    await writer.finish().catch((error: unknown) => tellUnfinished(error, options));
  } finally {
    await writer.close();
  }
};

/** Notes in the cache what its precision costs, where images were encoded now; float32 costs nothing. */
const measureCost = async (writer: CacheWriter, student: Predictor, sample: readonly Float32Array[]): Promise<void> => {
  if (writer.precision === 'float32' || sample.length === 0 || student.config.images !== 1) return;
  const data = Float32Array.from(sample.flatMap((some) => [...some]));
  const exact = { shape: [data.length / student.width, student.width], data };
  await writer.noteCost(await precisionCost(student, exact, writer.asKept(data)));
};

const tellPassedOver = (folder: string, { passedOver }: ListedImages, options: CacheOptions): void => {
  const unread = passedOver.find(({ reason }) => reason === 'folder' || reason === 'file');
  if (unread && options.unreadable === 'refuse')
    throw new UserError(`${folder}: ${unread.path} is a ${reasonOf(unread)}: change its permissions, or leave it out`);
  for (const notice of noticesOf(passedOver)) options.onWarning?.(notice);
  for (const one of passedOver) options.onLeftOut?.({ path: one.path, kind: 'passed over', why: reasonOf(one) });
};

/** A cache that could not be made smaller is whole, and only larger than it need be. */
const tellUnfinished = (error: unknown, { to, onWarning }: CacheOptions): void => {
  if (!(error instanceof UserError)) throw error;
  onWarning?.(`${to}: all images are cached, but it could not be made smaller: ${error.message}`);
};

interface Work {
  readonly student: Predictor;
  readonly folder: string;
  readonly options: CacheOptions;
  /** Features of the first images that were encoded, as they are before they are kept. */
  readonly sample: Float32Array[];
}

const fill = async (writer: CacheWriter, { files, passedOver, found }: ListedImages, work: Work): Promise<void> => {
  const { student, folder, options } = work;
  const { batch = 16, compare = 'time', onProgress, onWarning, signal, pictures, maxMegapixels, processes } = options;
  if (!(batch >= 1)) throw new UserError(`cacheImages: a batch of ${batch} images: give at least 1`);
  const counts = { encoded: 0, kept: 0, unreadable: 0, forgotten: 0 };
  const report = (kind: keyof typeof counts, count: number): void => {
    counts[kind] += count;
    const done = counts.encoded + counts.kept + counts.unreadable;
    if (count > 0) onProgress?.({ ...counts, passedOver: passedOver.length, found, done, of: files.length });
    if (done < files.length) signal?.throwIfAborted();
  };
  const rule = sizeRuleOf(student.config);
  const looking = { folder, rule, cached: writer, compare, pictures, maxMegapixels, window: 4 * batch };
  const here = openEncoding({ student, looking, batch, processes });
  await using encoding = mergedEncoding(here, { lines: options.encoded, student, looking, onWarning });
  for await (const window of encoding.windows(files)) {
    report('unreadable', await leaveOut(writer, window, options));
    report('kept', await keep(writer, window));
    const { first, copies } = copiesApart(writer, window);
    for await (const encoded of encoding.encode(first)) report('encoded', await append(writer, encoded, work));
    report('kept', await noteCopies(writer, copies));
  }
  // only now, so that a moved file has found its features under its old name
  report('forgotten', await forgetMissing(writer, files));
};

const leaveOut = async (
  writer: CacheWriter,
  window: readonly FileState[],
  { unreadable, onWarning, onLeftOut }: CacheOptions,
): Promise<number> => {
  const failed = window.filter((looked) => looked.kind === 'unreadable');
  for (const { path, failure } of failed) {
    if (unreadable === 'refuse') throw failure;
    onWarning?.(`passed over: ${failure.message}`);
    onLeftOut?.({ path, kind: 'unreadable', why: failure.message });
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

/**
 * New images apart from copies, whose bytes stand before them in the window, or were encoded while this one was read.
 */
const copiesApart = (writer: CacheWriter, window: readonly FileState[]) => {
  const seen = new Set<string>();
  const [first, copies]: [NewImage[], NewImage[]] = [[], []];
  for (const looked of window.filter(({ kind }) => kind === 'new') as NewImage[]) {
    const { sha256 } = looked.file;
    (seen.has(sha256) || writer.withBytes(sha256) ? copies : first).push(looked);
    seen.add(sha256);
  }
  return { first, copies };
};

const noteCopies = async (writer: CacheWriter, copies: readonly NewImage[]): Promise<number> => {
  await writer.note(copies.map(({ file }) => ({ ...file, row: writer.withBytes(file.sha256)!.row })));
  return copies.length;
};

/** Batches of features by which the cost of a precision is measured. */
const SAMPLED = 4;

const append = async (
  writer: CacheWriter,
  { files, features }: EncodedImages,
  { sample }: Pick<Work, 'sample'>,
): Promise<number> => {
  if (sample.length < SAMPLED) sample.push(features);
  await writer.append(files, features);
  return files.length;
};

const forgetMissing = async (writer: CacheWriter, files: ListedImages['files']): Promise<number> => {
  const known = files.reduce((count, { path }) => count + Number(writer.entries.has(path)), 0);
  if (known === writer.entries.size) return 0;
  const there = new Set(files.map(({ path }) => path));
  const gone = [...writer.entries.keys()].filter((path) => !there.has(path));
  return forget(writer, gone);
};

const forget = async (writer: CacheWriter, paths: readonly string[]): Promise<number> => {
  const known = paths.filter((path) => writer.entries.has(path));
  await writer.note(known.map((path) => ({ path, forgotten: true })));
  return known.length;
};
