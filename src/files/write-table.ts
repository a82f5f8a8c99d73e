import { extname } from 'node:path';
import type { SchemaElement } from 'hyparquet';
import { UserError } from '../errors.ts';
import { type Append, writeOutput } from './atomic-write.ts';

/** A column of a table: one text, number or list of texts a row, which may be absent. */
export interface TableColumn {
  readonly name: string;
  readonly kind: 'text' | 'number' | 'texts';
}

/** Values of a row by the names of its columns. */
export type TableRow = Readonly<Record<string, string | number | readonly string[] | undefined>>;

/** Writes a table, some rows at a time, to the bytes that `append` takes. */
type Write = (
  append: Append,
  columns: readonly TableColumn[],
  blocks: AsyncIterable<readonly TableRow[]>,
) => Promise<void>;

/** The file types of a table, for messages. */
export const tableTypes = '.jsonl, .csv or .parquet';

/**
 * Writes rows to a file, whole or not at all, as they come: JSON lines, CSV (RFC 4180, UTF-8, lists as JSON) or parquet,
 * by the extension of its name.
 *
 * @throws UserError where the extension is another one, or the disk refuses.
 */
export const writeTable = async (
  path: string,
  columns: readonly TableColumn[],
  blocks: AsyncIterable<readonly TableRow[]>,
): Promise<void> => {
  const write = writerOf(path);
  await writeOutput(path, (append) => write(append, columns, blocks));
};

/** @throws UserError where a table cannot be written under this name. */
export const checkTablePath = (path: string): void => void writerOf(path);

const writerOf = (path: string): Write => {
  const write = { '.jsonl': writeJsonLines, '.csv': writeCsv, '.parquet': writeParquet }[extname(path).toLowerCase()];
  if (write) return write;
  throw new UserError(`${path}: results are written as JSON lines, CSV or parquet: name a file ${tableTypes}`);
};

const writeJsonLines: Write = async (append, columns, blocks) => {
  const valuesOf = (row: TableRow) => Object.fromEntries(columns.map(({ name }) => [name, row[name]]));
  for await (const rows of blocks)
    await append(Buffer.from(rows.map((row) => `${JSON.stringify(valuesOf(row))}\n`).join('')));
};

const writeCsv: Write = async (append, columns, blocks) => {
  const lineOf = (values: readonly TableRow[string][]): string => `${values.map(cellOf).join(',')}\r\n`;
  await append(Buffer.from(lineOf(columns.map(({ name }) => name))));
  for await (const rows of blocks)
    await append(Buffer.from(rows.map((row) => lineOf(columns.map(({ name }) => row[name]))).join('')));
};

const cellOf = (value: TableRow[string]): string => {
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value ?? '');
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

const writeParquet: Write = async (append, columns, blocks) => {
  const { ByteWriter, ParquetWriter } = await import('hyparquet-writer');
  const writer = new ByteWriter();
  const file = new ParquetWriter({ writer, schema: schemaOf(columns), codec: 'SNAPPY', statistics: true });
  const flush = async (): Promise<void> => {
    await append(writer.getBytes());
    // offsets in a parquet file count from its beginning: `offset` goes on where the bytes start anew
    writer.index = 0;
  };
  for await (const rows of inGroups(blocks)) {
    const columnData = columns.map(({ name }) => ({ name, data: rows.map((row) => row[name] ?? null) }));
    await file.write({ columnData, rowGroupSize: rows.length });
    await flush();
  }
  await file.finish();
  await flush();
};

/** Rows of a row group: enough for columns to be compressed well, and few enough to be held. */
const GROUP = 65_536;

async function* inGroups(
  blocks: AsyncIterable<readonly TableRow[]>,
): AsyncGenerator<readonly TableRow[], void, undefined> {
  let held: TableRow[] = [];
  for await (const rows of blocks) {
    for (const row of rows) held.push(row);
    for (; held.length >= GROUP; held = held.slice(GROUP)) yield held.slice(0, GROUP);
  }
  if (held.length > 0) yield held;
}

const schemaOf = (columns: readonly TableColumn[]): SchemaElement[] => {
  const text = { type: 'BYTE_ARRAY', converted_type: 'UTF8' } as const;
  const fields = columns.flatMap(({ name, kind }): SchemaElement[] => {
    if (kind === 'text') return [{ name, repetition_type: 'OPTIONAL', ...text }];
    if (kind === 'number') return [{ name, repetition_type: 'OPTIONAL', type: 'DOUBLE' }];
    return [
      { name, repetition_type: 'OPTIONAL', num_children: 1, converted_type: 'LIST' },
      { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
      { name: 'element', repetition_type: 'OPTIONAL', ...text },
    ];
  });
  return [{ name: 'schema', num_children: columns.length }, ...fields];
};
