import { dirname, join, resolve } from 'node:path';
import { UserError } from '../../../errors.ts';
import { RowError } from '../../../files/json-lines.ts';
import type { Example, ImageSource } from '../../example.ts';
import { type BadRows, createBadRows } from '../../records/bad-rows.ts';
import { classNames } from '../../records/class-names.ts';
import { imageColumnsOf, tableExamples } from '../../records/image-fields.ts';
import { createRecordReader, type RecordReader } from '../../records/read-record.ts';
import type { RecordShape } from '../../records/shape.ts';
import { type DatasetQuery, type Format, isFile, namesIn, partsNotices, shortNames, splitIn } from '../format.ts';
import { withImages } from '../missing-images.ts';
import { arrowSchema, readArrow } from './file.ts';
import { otherPictureColumns } from './picture-columns.ts';
import { filesSavedToDisk } from './saved-to-disk.ts';
import { type ArrowField, isOfTexts, isPlain } from './schema.ts';
import type { ArrowValue } from './values.ts';

const SPLITS = { train: ['train'], validation: ['validation', 'val', 'dev', 'valid'], test: ['test'] };

/**
 * Tables in Arrow's file format (Feather 2) or its stream format, also compressed: `train.arrow`, `train.feather`, `train-00000.arrow`,
 * `meme_tone_train.arrow` with the task's name before the split, the folders of datasets' `save_to_disk`, and the
 * `NAME-train.arrow` of its cache. A row is an example, or one for each text of a list; its images are binary,
 * struct{bytes, path}, or paths relative to the file. Stored images are read when they are asked for.
 */
export const arrowTable: Format = {
  name: 'Arrow tables',
  looksFor: ({ records, split }) => [`${split}.arrow`, `${records.name}_${split}.arrow`, `${split}/state.json`],
  open: async (path, query) => {
    const files = filesOf(path, query);
    if (files.length === 0) return undefined;
    const [reader, bad] = [createRecordReader(query.records), createBadRows(query)];
    const names = shortNames(files, path);
    const reading = { records: query.records, reader, bad };
    const examples: Example[] = [];
    for (const file of files) examples.push(...(await examplesOf({ path: file, name: names.get(file)! }, reading)));
    const named = [...names.values()].join(', ');
    const parts = isFile(path) ? [] : partsNotices(files);
    const left = bad.notices(named);
    left.push(...reader.end(named));
    const { notices, ...found } = withImages(examples, path, query);
    return { layout: `${arrowTable.name} (${named})`, ...found, notices: [...parts, ...left, ...notices] };
  },
};

const filesOf = (path: string, { records, split }: DatasetQuery): string[] => {
  if (isFile(path)) return /\.(arrow|feather)$/.test(path) ? [path] : [];
  const names = splitIn(SPLITS, split);
  const saved = filesSavedToDisk(path, names);
  if (saved.length > 0) return saved;
  const files = namesIn(path);
  const own = names.flatMap((one) => [one, `${records.name}_${one}`]);
  const found = files.filter((name) => own.some((one) => name.startsWith(one) && END.test(name.slice(one.length))));
  const isCache = found.length === 0 && files.includes('dataset_info.json');
  const cached = files.filter((name) => names.some((one) => new RegExp(`-${one}${END.source.slice(1)}`).test(name)));
  return (isCache ? cached : found).map((name) => join(path, name));
};

/** Endings that may follow the name of a split. */
const END = /^(-\d.*)?\.(arrow|feather)$/;

/** A file, and its name in errors. */
interface Table {
  readonly path: string;
  readonly name: string;
}

/** Options that the files of a split have in common. */
interface Reading {
  readonly records: RecordShape;
  readonly reader: RecordReader;
  readonly bad: BadRows;
}

const examplesOf = async ({ path, name }: Table, { records, reader, bad }: Reading): Promise<Example[]> => {
  const { fields, metadata } = await arrowSchema(path);
  const named = classNames(metadata.get('huggingface'), path);
  const imageFields = imageColumnsOf(
    path,
    fields.map((field) => field.name),
    records,
  );
  refuseBinaryTexts(fields, { path, imageFields, records });
  const isStored = fields.some((field) => imageFields.includes(field.name) && !isOfTexts(field));
  const needed = [...imageFields, ...records.textFields, ...records.answers.fields];
  const columns = fields.filter((field) => needed.includes(field.name) || isPlain(field)).map((field) => field.name);
  const notRead = fields.filter((field) => !columns.includes(field.name));
  const otherImages = await otherPictureColumns(path, notRead);
  const examples: Example[] = [];
  for await (const batch of readArrow(path, columns)) {
    for (let i = 0; i < batch.rows; i += 1) {
      const [place, where] = [path, name].map((file) => `${file}:${batch.first + i + 1}`) as [string, string];
      const row = Object.fromEntries(columns.map((column) => [column, batch.columns.get(column)!.at(i)]));
      const line = { where, row: named(plainRow(row)) };
      const read = (): readonly Example[] =>
        isStored
          ? reader.read({
              ...line,
              images: ofNumber(records, where, imagesIn(row, imageFields, path, place)),
              imageFields,
              otherImages,
            })
          : tableExamples({ ...line, otherImages }, { folder: dirname(path), shape: records, reader });
      examples.push(...bad.attempt(read));
    }
  }
  return examples;
};

/** @throws UserError where a column of texts is binary and no other column of texts is there. */
const refuseBinaryTexts = (
  fields: readonly ArrowField[],
  {
    path,
    imageFields,
    records,
  }: { readonly path: string; readonly imageFields: readonly string[]; readonly records: RecordShape },
): void => {
  const texts = fields.filter(({ name }) => records.textFields.includes(name) && !imageFields.includes(name));
  if (texts.length === 0 || !texts.every(({ kind }) => kind.includes('binary'))) return;
  throw new UserError(`${path}: "${texts[0]!.name}" is binary, not text: cast it to string and write it again.`);
};

type ArrowRow = Readonly<Record<string, ArrowValue>>;

/** A row as other tables have it: structs as objects, without the bytes that are still in the file. */
const plainRow = (row: ArrowRow): Record<string, unknown> =>
  Object.fromEntries(Object.entries(row).map(([name, value]) => [name, plain(value)]));

const plain = (value: ArrowValue): unknown => {
  if (typeof value !== 'object' || value === null) return value;
  if ('read' in value) return undefined;
  return 'fields' in value ? plainRow(value.fields) : value.map(plain);
};

/** The stored images of a row: binary, or struct{bytes, path}; without bytes, its path is that of a file. */
const imagesIn = (row: ArrowRow, imageFields: readonly string[], path: string, where: string): ImageSource[] =>
  imageFields.flatMap((column) => {
    const value = row[column] ?? null;
    if (isByteList(value)) return [{ name: where, read: async () => Uint8Array.from(value) }];
    const images = Array.isArray(value) ? (value as readonly ArrowValue[]) : [value];
    return images.map((image, i) => {
      const parts = [where, imageFields.length > 1 && column, images.length > 1 && `image ${i + 1}`];
      return imageOf(image, { path, name: parts.filter(Boolean).join(' '), column });
    });
  });

/** Whether a value is the bytes of a picture as a list of numbers, as pandas keeps them. */
const isByteList = (value: ArrowValue): value is readonly number[] =>
  Array.isArray(value) && value.length > 8 && value.every((one) => typeof one === 'number' && one >= 0 && one < 256);

/** @throws RowError where there are more or fewer images than a record has. */
const ofNumber = (
  { images: needed }: RecordShape,
  where: string,
  images: readonly ImageSource[],
): readonly ImageSource[] => {
  if (images.length === needed) return images;
  throw new RowError(`${where}: has ${images.length} of ${needed} images: mend the row.`);
};

const imageOf = (
  value: ArrowValue,
  { path, name, column }: { readonly path: string; readonly name: string; readonly column: string },
): ImageSource => {
  const { bytes = value, path: file } =
    typeof value === 'object' && value !== null && 'fields' in value ? value.fields : {};
  if (typeof bytes === 'object' && bytes !== null && 'read' in bytes) return { name, ...bytes };
  if (typeof file === 'string' && file !== '') return resolve(dirname(path), file);
  throw new RowError(`${name}: "${column}" holds no bytes of an image: embed it, or write its path as text.`);
};
