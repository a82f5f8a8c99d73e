import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../../errors.ts';
import { type Example, type ImageSource, imageName } from '../example.ts';
import { decodeImage, readImageBytes } from '../image.ts';
import type { Dataset, DatasetQuery } from './format.ts';
import { openAnswers, openExamples } from './open-examples.ts';
import { parquetSink } from './parquet/write.ts';
import type { DatasetWriter, Written, WrittenImage } from './sink.ts';
import { webDatasetSink } from './webdataset/write.ts';

/** What `convertExamples` writes: each format's sink, and where in the new folder its files go. */
const sinks = {
  webdataset: { open: webDatasetSink, folder: '.' },
  parquet: { open: parquetSink, folder: 'data' },
} as const;

export type ConvertedFormat = keyof typeof sinks;
export const convertedFormats = Object.keys(sinks) as ConvertedFormat[];

/** How a data set is converted. */
export interface ConvertOptions extends Omit<DatasetQuery, 'split'> {
  readonly to: string;
  readonly format: ConvertedFormat;
  readonly splits: readonly string[];
  /** What to do with a picture that cannot be decoded: pass it over and list it (default), or stop. */
  readonly unreadable?: 'skip' | 'refuse' | undefined;
  /** Bytes of pictures of one shard; 512 MiB by default. */
  readonly shard?: number | undefined;
  readonly onProgress?: ((progress: ConvertProgress) => void) | undefined;
}

/** How far a conversion is. */
export interface ConvertProgress {
  readonly split: string;
  readonly done: number;
  readonly of: number;
}

/** What became of one split. */
export interface Converted {
  readonly split: string;
  readonly layout: string;
  readonly examples: number;
  readonly files: number;
  /** Why pictures were passed over, one sentence each. */
  readonly unreadable: readonly string[];
  readonly notices: readonly string[];
}

/** Pictures that are read and checked at the same time. */
const LANES = 8;

/**
 * Writes the splits of a data set, in whatever layout, as WebDataset shards or parquet. Pictures keep their bytes, but
 * each is decoded once to know that it is one. The answers of VQA go to
 * `answers.txt`, in the order of the classifier.
 *
 * @throws UserError where a split is not there, the folder is not empty, or a picture is no picture and may not be passed over.
 */
export async function* convertExamples(
  path: string,
  options: ConvertOptions,
): AsyncGenerator<Converted, void, undefined> {
  const { to, format, splits } = options;
  if ((await readdir(to).catch(() => [])).length > 0) throw new UserError(`${to}: is not empty: give a new folder.`);
  const folder = join(to, sinks[format].folder);
  for (const split of splits) {
    const found = await openExamples(path, { ...options, split });
    await mkdir(folder, { recursive: true });
    const answers = await answersOf(path, found, { task: options.task, split });
    if (answers) await writeFile(join(to, 'answers.txt'), `${answers.join('\n')}\n`);
    yield await convertSplit(found, { ...options, split, folder });
  }
}

/** Their order is that of a classifier, and would be another one if it were told from shards again. */
const answersOf = async (path: string, { answers }: Dataset, { task, split }: DatasetQuery) =>
  answers ?? (task === 'vqa' && split === 'train' ? await openAnswers(path, task) : undefined);

interface SplitOptions extends ConvertOptions {
  readonly split: string;
  readonly folder: string;
}

const convertSplit = async ({ examples, layout, notices }: Dataset, options: SplitOptions): Promise<Converted> => {
  const { split, task, folder, format, shard, onProgress } = options;
  const sink = sinks[format].open({ to: folder, split, task, ...(shard === undefined ? {} : { shard }) });
  const unreadable: string[] = [];
  let [done, written] = [0, 0];
  const groups = sharingPictures(examples);
  for (let at = 0; at < groups.length; at += LANES) {
    const some = groups.slice(at, at + LANES);
    for (const [i, read] of (await Promise.all(some.map(readGroup))).entries()) {
      done += some[i]!.length;
      if (read instanceof UserError && options.unreadable === 'refuse') throw read;
      if (read instanceof UserError) unreadable.push(read.message);
      else written += await add(sink, read);
    }
    onProgress?.({ split, done, of: examples.length });
  }
  await sink.close();
  return { split, layout, examples: written, files: sink.files(), unreadable, notices };
};

const add = async (sink: DatasetWriter, written: Written): Promise<number> => {
  await sink.add(written);
  return written.examples.length;
};

/** Examples that follow each other and are about the same pictures. */
const sharingPictures = (examples: readonly Example[]): Example[][] => {
  const groups: Example[][] = [];
  let last = '';
  for (const example of examples) {
    const pictures = example.images.map(imageName).join('\0');
    if (pictures === last) groups.at(-1)!.push(example);
    else groups.push([example]);
    last = pictures;
  }
  return groups;
};

const readGroup = async (examples: readonly Example[]): Promise<Written | UserError> => {
  try {
    return { examples, images: await Promise.all(examples[0]!.images.map(checkedImage)) };
  } catch (failure) {
    if (failure instanceof UserError) return failure;
    throw failure;
  }
};

const checkedImage = async (image: ImageSource): Promise<WrittenImage> => {
  const bytes = await readImageBytes(image);
  await decodeImage(bytes, imageName(image));
  return { bytes, extension: extensionOf(bytes) };
};

/** Of the formats that are decoded, by the first bytes of each. */
const extensionOf = (bytes: Uint8Array): string => {
  const head = Buffer.from(bytes.subarray(0, 12)).toString('latin1');
  if (head.startsWith('\x89PNG')) return 'png';
  if (head.startsWith('GIF8')) return 'gif';
  if (head.startsWith('RIFF')) return 'webp';
  if (head.startsWith('II*') || head.startsWith('MM\0*')) return 'tif';
  return head.slice(4, 8) === 'ftyp' ? 'avif' : 'jpg';
};
