import { basename, dirname, join } from 'node:path';
import { DataType } from 'apache-arrow';
import { UserError } from '../../../errors.ts';
import type { Example, ImageSource } from '../../example.ts';
import { classNames } from '../../records/class-names.ts';
import { imageColumnsOf, tableExamples } from '../../records/image-fields.ts';
import { createRecordReader, type RecordReader } from '../../records/read-record.ts';
import type { RecordShape } from '../../records/shape.ts';
import { type DatasetQuery, type Format, isFile, namesIn, splitIn } from '../format.ts';
import { withImages } from '../missing-images.ts';
import { type ArrowValue, isPlain } from './column.ts';
import { arrowSchema, readArrow } from './file.ts';

const SPLITS = { train: ['train'], validation: ['validation', 'val', 'dev', 'valid'], test: ['test'] };

/**
 * Tables in Arrow's file format (Feather 2), uncompressed: `train.arrow`, `train-00000.arrow`, or
 * `meme_tone_train.arrow` with the task's name before the split. A row is an example, or one for each text of a list;
 * its images are binary, struct{bytes, path}, or paths relative to the file. Stored images are read when they are asked
 * for.
 */
export const arrowTable: Format = {
  name: 'Arrow tables',
  looksFor: ({ records, split }) => [`${split}.arrow`, `${records.name}_${split}.arrow`],
  open: async (path, query) => {
    const files = filesOf(path, query);
    if (files.length === 0) return undefined;
    const reader = createRecordReader(query.records);
    const examples: Example[] = [];
    for (const file of files) examples.push(...(await examplesOf(file, query.records, reader)));
    const names = files.map((file) => basename(file)).join(', ');
    reader.end(names);
    return { layout: `${arrowTable.name} (${names})`, ...withImages(examples, path, query) };
  },
};

const filesOf = (path: string, { records, split }: DatasetQuery): string[] => {
  if (isFile(path)) return path.endsWith('.arrow') ? [path] : [];
  const splits = splitIn(SPLITS, split).flatMap((one) => [one, `${records.name}_${one}`]);
  return namesIn(path)
    .filter((name) => splits.some((one) => name.startsWith(one) && /^(-\d.*)?\.arrow$/.test(name.slice(one.length))))
    .map((name) => join(path, name));
};

const examplesOf = async (path: string, records: RecordShape, reader: RecordReader): Promise<Example[]> => {
  const { fields, metadata } = await arrowSchema(path);
  const named = classNames(metadata.get('huggingface'), path);
  const names = fields.map(({ name }) => name);
  const imageFields = imageColumnsOf(path, names, records);
  const isStored = fields.some(({ name, type }) => imageFields.includes(name) && !isOfTexts(type));
  const needed = [...imageFields, ...records.textFields, ...records.answers.fields];
  const columns = fields.filter(({ name, type }) => needed.includes(name) || isPlain(type)).map(({ name }) => name);
  const folder = dirname(path);
  const examples: Example[] = [];
  for await (const batch of readArrow(path, columns)) {
    for (let i = 0; i < batch.rows; i += 1) {
      const where = `${basename(path)}:${batch.first + i + 1}`;
      const row = Object.fromEntries(columns.map((name) => [name, batch.columns.get(name)!.at(i)]));
      const line = { where, row: named(plainRow(row)) };
      if (!isStored) examples.push(...tableExamples(line, { folder, shape: records, reader }));
      else
        examples.push(
          ...reader.read({
            ...line,
            images: imagesIn(row, imageFields, `${path}:${batch.first + i + 1}`),
            imageFields,
          }),
        );
    }
  }
  return examples;
};

const isOfTexts = (type: DataType): boolean =>
  DataType.isUtf8(type) || DataType.isLargeUtf8(type) || (DataType.isList(type) && isOfTexts(type.valueType));

type ArrowRow = Readonly<Record<string, ArrowValue>>;

/** A row as other tables have it: structs as objects, without the bytes that are still in the file. */
const plainRow = (row: ArrowRow): Record<string, unknown> =>
  Object.fromEntries(Object.entries(row).map(([name, value]) => [name, plain(value)]));

const plain = (value: ArrowValue): unknown => {
  if (typeof value !== 'object' || value === null) return value;
  if ('read' in value) return undefined;
  return 'fields' in value ? plainRow(value.fields) : value.map(plain);
};

/** The stored images of a row: binary, or struct{bytes, path}. */
const imagesIn = (row: ArrowRow, imageFields: readonly string[], where: string): ImageSource[] =>
  imageFields.map((column) => {
    const name = imageFields.length > 1 ? `${where} ${column}` : where;
    const value = row[column] ?? null;
    const bytes = typeof value === 'object' && value !== null && 'fields' in value ? value.fields.bytes : value;
    if (typeof bytes === 'object' && bytes !== null && 'read' in bytes) return { name, ...bytes };
    throw new UserError(`${name}: "${column}" holds no bytes of an image: embed it, or write its path as text.`);
  });
