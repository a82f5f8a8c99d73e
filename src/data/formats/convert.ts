import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../../errors.ts';
import { explainDisk, makeFolder } from '../../files/disk-errors.ts';
import { lockBeside, openUnfinishedFolder } from '../../files/whole-folder.ts';
import { answerLines } from '../answer-list.ts';
import type { Example, ImageSource } from '../example.ts';
import { decodeImage, readImageBytes } from '../image.ts';
import { imageName } from '../pictures/image-name.ts';
import type { PictureOptions } from '../pictures/options.ts';
import type { LeftOut } from '../records/bad-rows.ts';
import type { DatasetWriter, Written, WrittenImage } from './dataset-writer.ts';
import type { Dataset, DatasetQuery } from './format.ts';
import { openAnswers, openExamples } from './open-examples.ts';
import { openParquetWriter } from './parquet/write.ts';
import { openWebDatasetWriter } from './webdataset/write.ts';

/** The writer of each format, and the folder of its files inside the new one. */
const writers = {
  webdataset: { open: openWebDatasetWriter, folder: '.' },
  parquet: { open: openParquetWriter, folder: 'data' },
} as const;

/** A format that `convertExamples` writes. */
export type ConvertedFormat = keyof typeof writers;

/** The names of the formats that `convertExamples` writes. */
export const convertedFormats = Object.keys(writers) as ConvertedFormat[];

/** Options of `convertExamples`. */
export interface ConvertOptions extends Omit<DatasetQuery, 'split'>, Pick<PictureOptions, 'maxMegapixels'> {
  /** The folder that is written; it must be new or empty. */
  readonly to: string;
  readonly format: ConvertedFormat;
  readonly splits: readonly string[];
  /** Treatment of an image that cannot be decoded: pass it over and list it (default), or stop. */
  readonly unreadable?: 'skip' | 'refuse' | undefined;
  /** Bytes of images of one shard; 512 MiB by default. */
  readonly shard?: number | undefined;
  readonly onProgress?: ((progress: ConvertProgress) => void) | undefined;
  /** Stops it by throwing the reason of its abortion; nothing is left. */
  readonly signal?: AbortSignal | undefined;
}

/** Progress of the conversion of a split, in examples. */
export interface ConvertProgress {
  readonly split: string;
  readonly done: number;
  readonly of: number;
}

/** A converted split. */
export interface Converted {
  readonly split: string;
  readonly layout: string;
  /** Examples that were written and what was left out. */
  readonly found: number;
  /** Examples that were written. */
  readonly examples: number;
  /** Examples whose images cannot be decoded, rows that give no example, and annotations whose image is not there. */
  readonly leftOut: number;
  /** The last two, each with its reason. */
  readonly rows: readonly LeftOut[];
  readonly files: number;
  /** Why images were passed over, a sentence each. */
  readonly unreadable: readonly string[];
  readonly notices: readonly string[];
}

/** Groups of images that are read and checked concurrently. */
const CONCURRENCY = 8;

/**
 * Writes the splits of a data set, in whatever layout, as WebDataset shards or parquet. Images keep their bytes; each
 * is decoded once to know that it can be. Answers that are no fixed classes (VQA) go to `answers.txt`, in the order of
 * the classifier. The folder gets its name once it is whole.
 *
 * @throws UserError where a split is not there, the folder is not empty, another process writes it, or an image cannot
 *   be decoded and may not be passed over.
 */
export async function* convertExamples(
  path: string,
  options: ConvertOptions,
): AsyncGenerator<Converted, void, undefined> {
  await checkFree(options.to);
  const unlock = await lockBeside(options.to);
  try {
    // again, now that nobody else writes it
    await checkFree(options.to);
    await using unfinished = await openUnfinishedFolder(options.to);
    yield* convertSplits(path, unfinished.path, options);
    await unfinished.finish();
  } finally {
    await unlock();
  }
}

async function* convertSplits(
  path: string,
  into: string,
  options: ConvertOptions,
): AsyncGenerator<Converted, void, undefined> {
  const { to, format, splits, signal } = options;
  const folder = join(into, writers[format].folder);
  await makeFolder(folder);
  for (const split of splits) {
    signal?.throwIfAborted();
    const rows: LeftOut[] = [];
    const found = await openExamples(path, { ...options, split, onLeftOut: (one) => rows.push(one) });
    const answers = await answersOf(path, found, { records: options.records, split });
    yield await writeSplit(found, answers, { ...options, split, folder, into, rows }).catch((error: unknown) => {
      throw explainDisk(to, error);
    });
  }
}

const writeSplit = async (
  found: Dataset,
  answers: readonly string[] | undefined,
  options: SplitOptions & { readonly into: string },
): Promise<Converted> => {
  if (answers) await writeFile(join(options.into, 'answers.txt'), answerLines(answers));
  return await convertSplit(found, options);
};

/** @throws UserError unless the folder is new or empty. */
const checkFree = async (to: string): Promise<void> => {
  const names = await readdir(to).catch(({ code }: NodeJS.ErrnoException) => {
    if (code === 'ENOENT') return [];
    throw new UserError(`${to}: ${code === 'ENOTDIR' ? 'is a file' : `cannot be read (${code})`}: give a new folder.`);
  });
  if (names.length > 0) throw new UserError(`${to}: is not empty: give a new folder.`);
};

/**
 * The answers in the order of the classifier; read again from the written shards, they might stand in another order.
 */
const answersOf = async (path: string, { answers }: Dataset, { records, split }: DatasetQuery) =>
  answers ?? (records.answers.kind === 'open' && split === 'train' ? await openAnswers(path, records) : undefined);

interface SplitOptions extends ConvertOptions {
  readonly split: string;
  readonly folder: string;
  /** Parts that its layout has left out. */
  readonly rows: readonly LeftOut[];
}

const convertSplit = async ({ examples, layout, notices }: Dataset, options: SplitOptions): Promise<Converted> => {
  const { split, records, folder, format, shard, rows, onProgress, signal } = options;
  const writer = writers[format].open({ to: folder, split, records, shard });
  const unreadable: string[] = [];
  let [done, written] = [0, 0];
  const groups = groupByImages(examples);
  for (let at = 0; at < groups.length; at += CONCURRENCY) {
    signal?.throwIfAborted();
    const some = groups.slice(at, at + CONCURRENCY);
    for (const [i, read] of (await Promise.all(some.map((group) => readGroup(group, options)))).entries()) {
      done += some[i]!.length;
      if (read instanceof UserError && options.unreadable === 'refuse') throw read;
      if (read instanceof UserError) unreadable.push(read.message);
      else written += await add(writer, read);
    }
    onProgress?.({ split, done, of: examples.length });
  }
  await writer.close();
  const found = examples.length + rows.length;
  return {
    split,
    layout,
    found,
    examples: written,
    leftOut: found - written,
    rows,
    files: writer.files(),
    unreadable,
    notices,
  };
};

const add = async (writer: DatasetWriter, written: Written): Promise<number> => {
  await writer.add(written);
  return written.examples.length;
};

/** Groups of examples that follow each other and are about the same images. */
const groupByImages = (examples: readonly Example[]): Example[][] => {
  const groups: Example[][] = [];
  let last = '';
  for (const example of examples) {
    const images = example.images.map(imageName).join('\0');
    if (images === last) groups.at(-1)!.push(example);
    else groups.push([example]);
    last = images;
  }
  return groups;
};

const readGroup = async (examples: readonly Example[], options: ConvertOptions): Promise<Written | UserError> => {
  try {
    return { examples, images: await Promise.all(examples[0]!.images.map((image) => checkedImage(image, options))) };
  } catch (failure) {
    if (failure instanceof UserError) return failure;
    throw failure;
  }
};

const checkedImage = async (image: ImageSource, { maxMegapixels }: ConvertOptions): Promise<WrittenImage> => {
  const bytes = await readImageBytes(image);
  await decodeImage(bytes, { where: imageName(image), maxMegapixels });
  return { bytes, extension: extensionOf(bytes) };
};

/** The file extension of an image, by its first bytes; of the formats that are decoded. */
const extensionOf = (bytes: Uint8Array): string => {
  const head = Buffer.from(bytes.subarray(0, 12)).toString('latin1');
  if (head.startsWith('\x89PNG')) return 'png';
  if (head.startsWith('GIF8')) return 'gif';
  if (head.startsWith('RIFF')) return 'webp';
  if (head.startsWith('II*') || head.startsWith('MM\0*')) return 'tif';
  if (head.startsWith('BM')) return 'bmp';
  if (/^P[1-6f]\s/.test(head)) return 'ppm';
  return head.slice(4, 8) === 'ftyp' ? 'avif' : 'jpg';
};
