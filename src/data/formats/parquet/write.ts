import { appendFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SchemaElement } from 'hyparquet';
import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import { recordOf, textField } from '../converted-record.ts';
import type { ExampleTask } from '../format.ts';
import type { DatasetWriter, DatasetWriterOptions, Written } from '../sink.ts';

/** Bytes of pictures after which a row group ends: shuffled reading decodes a whole one for a picture. */
const GROUP = 8 * 2 ** 20;

type Row = Readonly<Record<string, unknown>>;

/**
 * Writes one parquet file of a split as the Hugging Face hub has them: `data/train-00000-of-00001.parquet` with `image` as
 * struct{bytes, path}, and `about` as JSON. A row is an example, so a picture with several questions is there several
 * times; captions are a list. Row groups are small and uncompressed, since pictures are compressed already.
 */
export const parquetSink = ({ to, split, task }: DatasetWriterOptions): DatasetWriter => {
  const path = join(to, `${split}-00000-of-00001.parquet`);
  const partial = `${path}.partial`;
  const writer = new ByteWriter();
  const file = new ParquetWriter({
    writer,
    schema: schemaOf(task),
    codec: 'UNCOMPRESSED',
    statistics: false,
    kvMetadata: [featuresOf(task)],
  });
  let [rows, bytes, begun]: [Row[], number, boolean] = [[], 0, false];
  const flush = async (): Promise<void> => {
    if (rows.length) await file.write({ columnData: columnsOf(rows, task), rowGroupSize: rows.length });
    await (begun ? appendFile : writeFile)(partial, writer.getBytes());
    // Offsets in a parquet file count from its beginning: `offset` goes on where the bytes start anew.
    writer.index = 0;
    [rows, bytes, begun] = [[], 0, true];
  };
  return {
    add: async (written) => {
      rows.push(...rowsOf(written, task));
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

const imagesOf = (task: ExampleTask): string[] => (task === 'nlvr2' ? ['image_0', 'image_1'] : ['image']);

const rowsOf = ({ images, examples }: Written, task: ExampleTask): Row[] => {
  const pictures = imagesOf(task).map(
    (name, i) => [name, { bytes: images[i]!.bytes, path: `${i}.${images[i]!.extension}` }] as const,
  );
  const texts = task === 'retrieval' ? examples.slice(0, 1) : examples;
  return texts.map((example) => ({
    ...Object.fromEntries(pictures),
    ...recordOf(example, task),
    ...(task === 'retrieval' ? { caption: examples.map(({ text }) => text) } : {}),
    about: JSON.stringify(example.about ?? {}),
  }));
};

const fieldsOf = (task: ExampleTask): readonly (readonly [name: string, kind: 'text' | 'texts' | 'numbers'])[] => {
  const answers = {
    vqa: [
      ['answers', 'texts'],
      ['answer_scores', 'numbers'],
    ],
    nlvr2: [['label', 'text']],
    ve: [['label', 'text']],
    retrieval: [],
  } as const;
  return [[textField[task], task === 'retrieval' ? 'texts' : 'text'], ...answers[task], ['about', 'text']];
};

const columnsOf = (rows: readonly Row[], task: ExampleTask) =>
  [...imagesOf(task), ...fieldsOf(task).map(([name]) => name)].map((name) => ({
    name,
    data: rows.map((row) => row[name] ?? null),
  }));

const schemaOf = (task: ExampleTask): SchemaElement[] => {
  const images = imagesOf(task).flatMap((name): SchemaElement[] => [
    { name, repetition_type: 'OPTIONAL', num_children: 2 },
    { name: 'bytes', type: 'BYTE_ARRAY', repetition_type: 'OPTIONAL' },
    { name: 'path', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' },
  ]);
  const fields = fieldsOf(task).flatMap(([name, kind]): SchemaElement[] => {
    const type: Partial<SchemaElement> =
      kind === 'numbers' ? { type: 'DOUBLE' } : { type: 'BYTE_ARRAY', converted_type: 'UTF8' };
    if (kind === 'text') return [{ name, repetition_type: 'OPTIONAL', ...type }];
    return [
      { name, repetition_type: 'OPTIONAL', num_children: 1, converted_type: 'LIST' },
      { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
      { name: 'element', repetition_type: 'OPTIONAL', ...type },
    ];
  });
  return [{ name: 'schema', num_children: imagesOf(task).length + fieldsOf(task).length }, ...images, ...fields];
};

/** What the datasets library reads to know that a struct is a picture. */
const featuresOf = (task: ExampleTask): { key: string; value: string } => {
  const values = {
    text: { dtype: 'string', _type: 'Value' },
    texts: { feature: { dtype: 'string', _type: 'Value' }, _type: 'List' },
    numbers: { feature: { dtype: 'float64', _type: 'Value' }, _type: 'List' },
  };
  const features = [
    ...imagesOf(task).map((name) => [name, { _type: 'Image' }]),
    ...fieldsOf(task).map(([name, kind]) => [name, values[kind]]),
  ];
  return { key: 'huggingface', value: JSON.stringify({ info: { features: Object.fromEntries(features) } }) };
};
