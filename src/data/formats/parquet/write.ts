import { appendFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SchemaElement } from 'hyparquet';
import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import { UserError } from '../../../errors.ts';
import type { Example } from '../../example.ts';
import type { WrittenField } from '../../records/answers.ts';
import { type RecordShape, writtenImageFields } from '../../records/shape.ts';
import { recordsOf, writtenFields } from '../../records/write-record.ts';
import type { DatasetWriter, DatasetWriterOptions, Written } from '../dataset-writer.ts';

/** Bytes of images after which a row group ends: shuffled reading decodes a whole one for an image. */
const GROUP = 8 * 2 ** 20;

type Row = Readonly<Record<string, unknown>>;

/**
 * A writer of one parquet file of a split as the Hugging Face hub has them: `data/train-00000-of-00001.parquet` with
 * `image` as struct{bytes, path}, and `about` as JSON. A row is an example, so an image with several questions is there
 * several times; captions are a list. Row groups are small and uncompressed, since images are compressed already.
 */
export const openParquetWriter = ({ to, split, records }: DatasetWriterOptions): DatasetWriter => {
  const path = join(to, `${split}-00000-of-00001.parquet`);
  const partial = `${path}.partial`;
  const writer = new ByteWriter();
  const file = new ParquetWriter({
    writer,
    schema: schemaOf(records),
    codec: 'UNCOMPRESSED',
    statistics: false,
    kvMetadata: [featuresOf(records)],
  });
  let [rows, bytes, begun]: [Row[], number, boolean] = [[], 0, false];
  const flush = async (): Promise<void> => {
    if (rows.length) await file.write({ columnData: columnsOf(rows, records), rowGroupSize: rows.length });
    await (begun ? appendFile : writeFile)(partial, writer.getBytes());
    // Offsets in a parquet file count from its beginning: `offset` goes on where the bytes start anew.
    writer.index = 0;
    [rows, bytes, begun] = [[], 0, true];
  };
  return {
    add: async (written) => {
      for (const example of written.examples) checkTexts(example, records);
      rows.push(...rowsOf(written, records));
      bytes += written.images.reduce((sum, image) => sum + image.bytes.length, 0);
      if (bytes >= GROUP) await flush();
    },
    close: async () => {
      await flush();
      await file.finish();
      await appendFile(partial, writer.getBytes());
      await rename(partial, path);
    },
    files: () => Number(begun || rows.length > 0),
  };
};

/** @throws UserError where an example has a text that no UTF-8 says, so that another one would be read again. */
const checkTexts = (example: Example, records: RecordShape): void => {
  const halves: string[] = [];
  JSON.stringify(recordsOf([example], records), (_, value: unknown) => {
    if (typeof value === 'string' && /\p{Surrogate}/u.test(value)) halves.push(value);
    return value;
  });
  if (halves.length === 0) return;
  throw new UserError(
    `${example.id}: ${JSON.stringify(halves[0])} holds half a character of UTF-16, which parquet cannot hold: mend it, or write WebDataset.`,
  );
};

const rowsOf = ({ images, examples }: Written, records: RecordShape): Row[] => {
  const stored = writtenImageFields(records).map(
    (name, i) => [name, { bytes: images[i]!.bytes, path: `${i}.${images[i]!.extension}` }] as const,
  );
  return recordsOf(examples, records).map((row) => ({
    ...Object.fromEntries(stored),
    ...row,
    about: JSON.stringify(row.about ?? {}),
  }));
};

const fieldsOf = (records: RecordShape): WrittenField[] => [...writtenFields(records), ['about', 'text']];

const columnsOf = (rows: readonly Row[], records: RecordShape) =>
  [...writtenImageFields(records), ...fieldsOf(records).map(([name]) => name)].map((name) => ({
    name,
    data: rows.map((row) => row[name] ?? null),
  }));

const schemaOf = (records: RecordShape): SchemaElement[] => {
  const [imageFields, others] = [writtenImageFields(records), fieldsOf(records)];
  const images = imageFields.flatMap((name): SchemaElement[] => [
    { name, repetition_type: 'OPTIONAL', num_children: 2 },
    { name: 'bytes', type: 'BYTE_ARRAY', repetition_type: 'OPTIONAL' },
    { name: 'path', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' },
  ]);
  const fields = others.flatMap(([name, kind]): SchemaElement[] => {
    const type: Partial<SchemaElement> =
      kind === 'numbers' ? { type: 'DOUBLE' } : { type: 'BYTE_ARRAY', converted_type: 'UTF8' };
    if (kind === 'text') return [{ name, repetition_type: 'OPTIONAL', ...type }];
    return [
      { name, repetition_type: 'OPTIONAL', num_children: 1, converted_type: 'LIST' },
      { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
      { name: 'element', repetition_type: 'OPTIONAL', ...type },
    ];
  });
  return [{ name: 'schema', num_children: imageFields.length + others.length }, ...images, ...fields];
};

/** The description of the columns from which the datasets library knows that a struct is an image. */
const featuresOf = (records: RecordShape): { key: string; value: string } => {
  const values = {
    text: { dtype: 'string', _type: 'Value' },
    texts: { feature: { dtype: 'string', _type: 'Value' }, _type: 'List' },
    numbers: { feature: { dtype: 'float64', _type: 'Value' }, _type: 'List' },
  };
  const features = [
    ...writtenImageFields(records).map((name) => [name, { _type: 'Image' }]),
    ...fieldsOf(records).map(([name, kind]) => [name, values[kind]]),
  ];
  return { key: 'huggingface', value: JSON.stringify({ info: { features: Object.fromEntries(features) } }) };
};
