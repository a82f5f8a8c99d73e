import { basename, dirname, join, posix, resolve } from 'node:path';
import { UserError } from '../../../errors.ts';
import { mapConcurrent } from '../../../files/map-concurrent.ts';
import { isStreamed } from '../../../hub/address.ts';
import type { Example, ImageSource, StoredImage } from '../../example.ts';
import { readImageBytes } from '../../image.ts';
import { type BadRows, createBadRows } from '../../records/bad-rows.ts';
import { classNames } from '../../records/class-names.ts';
import { imageColumnsOf, tableExamples } from '../../records/image-fields.ts';
import { createRecordReader, type RecordReader } from '../../records/read-record.ts';
import type { RecordShape } from '../../records/shape.ts';
import { type Format, isFile, namesIn, partsNotices, splitIn } from '../format.ts';
import { withImages } from '../missing-images.ts';
import { openParquet, openParquetFrom, type ParquetFile, readRows } from './file.ts';
import { fileColumns } from './file-columns.ts';

const SPLITS = {
  train: ['train'],
  validation: ['validation', 'val', 'dev', 'valid'],
  test: ['test', 'test1'],
};

const FOLDERS = ['data', '.', 'default'];

/**
 * Parquet files as the Hugging Face hub keeps data sets: `data/train-00000-of-00004.parquet`, or
 * `default/train/0000.parquet` as it converts them, images as struct{bytes,
 * path}, as bytes, as a list of either, or as paths relative to the file. Fields are those of the cards of VQAv2, Flickr30k and SNLI-VE on
 * the hub, or those that a task names; a class label is read by its name. Files that hold every split in a column
 * `split` are read too.
 *
 * Stored images are compressed together, a row group at a time, so shuffled reading decodes a group for one of them:
 * the last few groups are kept, and `dide convert` makes shards in which each image stands alone.
 */
export const parquet: Format = {
  name: 'parquet as on the Hugging Face hub',
  looksFor: ({ split }) => [`data/${split}-00000-of-00001.parquet`, `${split}.parquet`],
  open: async (path, query) => {
    const { records, split } = query;
    const files = await filesOf(path, split);
    if (files.length === 0) return undefined;
    const bad = createBadRows(query);
    const reading = { records, split, keep: createGroups(), reader: createRecordReader(records), bad };
    const examples: Example[] = [];
    for (const file of files) examples.push(...(await examplesOf(file, reading)));
    const names = files.map((file) => basename(file.path)).join(', ');
    const parts = isFile(path) ? [] : partsNotices(files.map((file) => file.path));
    const unread = reading.reader.end(names);
    const left = [...bad.notices(path), ...unread];
    const { notices, ...found } = withImages(examples, path, query);
    return { layout: `${parquet.name} (${names})`, ...found, notices: [...parts, ...left, ...notices] };
  },
};

/** The open files of a split: of a folder, the one that is given, or those of the Hub that are read where they are. */
const filesOf = async (path: string, split: string): Promise<ParquetFile[]> => {
  if (isStreamed(path)) {
    const { openRemoteData } = await import('../../../hub/remote-file.ts');
    const all = await openRemoteData(path);
    const [only] = all;
    const names =
      all.length === 1 && path.endsWith(only!.name)
        ? [only!.name]
        : parquetFilesOf(
            all.map(({ name }) => name),
            split,
          );
    return await mapConcurrent(
      all.filter(({ name }) => names.includes(name)),
      openParquetFrom,
    );
  }
  if (isFile(path)) return path.endsWith('.parquet') ? [await openParquet(path)] : [];
  const names = FOLDERS.flatMap((folder) => [folder, ...namesOf(split).map((name) => posix.join(folder, name))]);
  const tables = names.flatMap((folder) => tablesIn(path, folder));
  const files: ParquetFile[] = [];
  for (const name of parquetFilesOf(tables, split)) files.push(await openParquet(join(path, name)));
  return files;
};

const namesOf = (split: string): readonly string[] => splitIn(SPLITS, split);

const tablesIn = (root: string, folder: string): string[] =>
  namesIn(join(root, folder))
    .filter((name) => name.endsWith('.parquet'))
    .map((name) => posix.join(folder, name));

/**
 * Chooses the parquet files of a data set that hold a split, by their paths in its folder: `data/train-….parquet`,
 * `train.parquet`, `default/train/0000.parquet`.
 */
export const parquetFilesOf = (paths: readonly string[], split: string): string[] => {
  const splits = namesOf(split);
  const isOf = (name: string): boolean => splits.some((one) => name === `${one}.parquet` || name.startsWith(`${one}-`));
  const places = FOLDERS.flatMap((folder) => [
    paths.filter((path) => posix.dirname(path) === folder && isOf(posix.basename(path))),
    splits.flatMap((one) => paths.filter((path) => posix.dirname(path) === posix.join(folder, one))),
  ]);
  return places.find((files) => files.length > 0) ?? [];
};

/** Options that the files of a split have in common. */
interface Reading {
  readonly records: RecordShape;
  readonly split: string;
  readonly keep: ReturnType<typeof createGroups>;
  readonly reader: RecordReader;
  readonly bad: BadRows;
}

const examplesOf = async (file: ParquetFile, { records, split, keep, reader, bad }: Reading): Promise<Example[]> => {
  const imageFields = imageColumnsOf(file.path, file.columns, records);
  // paths are read with the other values, bytes when an image is asked for
  const stored = imageFields.filter((name) => !file.textColumns.has(name));
  const { pictures: otherImages, others } = await fileColumns(file, imageFields);
  const columns = file.columns.filter((name) => ![...stored, ...otherImages, ...others].includes(name));
  const named = classNames(
    file.metadata.key_value_metadata?.find(({ key }) => key === 'huggingface')?.value,
    file.path,
  );
  const examples: Example[] = [];
  for (const group of file.groups) {
    const rows = await readRows(file, columns, group);
    for (const [i, values] of rows.entries()) {
      if (!isOf(values.split, split)) continue;
      const line = { where: `${basename(file.path)}:${group.from + i + 1}`, row: named(withTexts(values)) };
      if (stored.length === 0) {
        const table = { folder: dirname(file.path), shape: records, reader };
        examples.push(...bad.attempt(() => tableExamples({ ...line, otherImages }, table)));
        continue;
      }
      const images = imageFields.flatMap((column): ImageSource[] => {
        const name = `${file.path}:${group.from + i + 1}${imageFields.length > 1 ? ` ${column}` : ''}`;
        // how many a list holds is known once its bytes are read
        const of = records.images / imageFields.length;
        return Array.from({ length: of }, (_, entry) =>
          storedImage({ file, column, group, row: i, entry, of }, of > 1 ? `${name} image ${entry + 1}` : name, keep),
        );
      });
      examples.push(...bad.attempt(() => reader.read({ ...line, images, imageFields, otherImages })));
    }
  }
  return examples;
};

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A row whose bytes are texts where they are UTF-8: Spark writes texts as binary. */
const withTexts = (row: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> => {
  const texts = Object.entries(row).flatMap(([name, value]) => {
    if (!(value instanceof Uint8Array)) return [];
    try {
      return [[name, utf8.decode(value)] as const];
    } catch {
      return [];
    }
  });
  return texts.length === 0 ? row : { ...row, ...Object.fromEntries(texts) };
};

/** Whether a row belongs to a split, by its own column `split`, which counts where it holds one of the usual names. */
const isOf = (own: unknown, split: string): boolean => {
  if (typeof own !== 'string' || !Object.values(SPLITS).flat().includes(own)) return true;
  const files = splitIn(SPLITS, split);
  return files.includes(own) || !Object.keys(SPLITS).includes(split);
};

/** Place of a stored image. */
interface Place {
  readonly file: ParquetFile;
  readonly column: string;
  readonly group: { readonly from: number; readonly to: number };
  /** Number of the row within the group, from 0. */
  readonly row: number;
  /** Number of the image among those of the column in this row, from 0. */
  readonly entry: number;
  /** Number of images of the column in this row. */
  readonly of: number;
}

const storedImage = (
  { file, column, group, row, entry, of }: Place,
  name: string,
  keep: Reading['keep'],
): StoredImage => ({
  name,
  read: async () => {
    const rows = await keep(`${file.path} ${group.from} ${column}`, () => readRows(file, [column], group));
    const value = rows[row]![column];
    // pandas keeps the bytes of a picture as a list of numbers
    if (isByteList(value)) return Uint8Array.from(value);
    const images = [value].flat();
    if (images.length !== of)
      throw new UserError(`${name}: "${column}" holds ${images.length} of ${of} pictures: mend the row.`);
    const image = images[entry];
    const bytes = typeof image === 'object' && image !== null && 'bytes' in image ? image.bytes : image;
    if (bytes instanceof Uint8Array) return bytes;
    const path = typeof image === 'object' && image !== null && 'path' in image ? image.path : undefined;
    if (typeof path === 'string' && path !== '') return readImageBytes(resolve(dirname(file.path), path));
    throw new UserError(`${name}: holds no bytes of a picture and no path: embed the pictures, or keep them as files.`);
  },
});

const isByteList = (value: unknown): value is readonly number[] =>
  Array.isArray(value) && value.length > 8 && value.every((one) => Number.isInteger(one) && one >= 0 && one < 256);

/** Number of row groups that are kept: as many as a loader reads concurrently. */
const KEPT = 4;

/** A cache of the row groups that were read last. */
const createGroups = () => {
  const kept = new Map<string, Promise<Record<string, unknown>[]>>();
  return (key: string, read: () => Promise<Record<string, unknown>[]>): Promise<Record<string, unknown>[]> => {
    const rows = kept.get(key) ?? read();
    kept.delete(key);
    kept.set(key, rows);
    rows.catch(() => kept.delete(key));
    for (const oldest of kept.keys()) if (kept.size > KEPT) kept.delete(oldest);
    return rows;
  };
};
