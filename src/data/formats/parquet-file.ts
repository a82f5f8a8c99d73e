import { stat } from 'node:fs/promises';
import {
  type AsyncBuffer,
  type Compressors,
  type FileMetaData,
  parquetMetadataAsync,
  parquetReadObjects,
} from 'hyparquet';
import { UserError } from '../../errors.ts';
import { readRange } from './byte-range.ts';

/** A parquet file whose footer is read. */
export interface ParquetFile {
  readonly path: string;
  readonly file: AsyncBuffer;
  readonly metadata: FileMetaData;
  readonly columns: readonly string[];
  /** First row and row after the last of every row group. */
  readonly groups: readonly { readonly from: number; readonly to: number }[];
}

/** Largest footer, and most bytes that a page may become; damaged lengths must not fill the memory. */
const LARGEST_FOOTER = 64 * 2 ** 20;
const largestPage = (compressed: number): number => Math.min(2 ** 30, 16 * 2 ** 20 + 100 * compressed);

/** @throws UserError when the file is cut short or no parquet file. */
export const openParquet = async (path: string): Promise<ParquetFile> => {
  const { size } = await stat(path);
  if (size < 12) throw damaged(path, `is no parquet file, but ${size} bytes`);
  const tail = Buffer.from(await readRange(path, { offset: size - 8, length: 8 }));
  if (tail.toString('latin1', 4) !== 'PAR1') throw damaged(path, 'does not end with PAR1');
  const footer = tail.readUInt32LE(0);
  if (footer > Math.min(size - 12, LARGEST_FOOTER)) throw damaged(path, `its footer claims ${footer} bytes`);
  const file = bufferOf(path, size);
  const metadata = await understood(path, () => parquetMetadataAsync(file));
  const root = metadata.schema[0];
  return { path, file, metadata, columns: root ? columnsOf(metadata) : [], groups: groupsOf(path, metadata, size) };
};

const damaged = (path: string, what: string, options?: ErrorOptions): UserError =>
  new UserError(`${path}: ${what}: it is cut short or damaged: get it again.`, options);

const bufferOf = (path: string, size: number): AsyncBuffer => ({
  byteLength: size,
  slice: (from, to = size) => {
    const [offset, end] = [Math.max(0, from < 0 ? size + from : from), Math.min(to, size)];
    if (!(end >= offset)) throw new RangeError(`bytes ${offset} to ${end} of ${size}`);
    const bytes = readRange(path, { offset, length: end - offset }).then(({ buffer }) => buffer as ArrayBuffer);
    // The parser asks for several ranges at once and, where the first fails, waits for none of the others.
    bytes.catch(() => undefined);
    return bytes;
  },
});

/** What the parser throws over damaged bytes says nothing to a user. */
const understood = async <T>(path: string, read: () => Promise<T>): Promise<T> => {
  try {
    return await read();
  } catch (cause) {
    if (cause instanceof UserError) throw cause;
    throw damaged(path, `cannot be read (${(cause as Error).message})`, { cause });
  }
};

/** Top-level names: a flat list of a tree, each node followed by its children. */
const columnsOf = ({ schema }: FileMetaData): string[] => {
  const names: string[] = [];
  const skip = (at: number, depth: number): number => {
    let next = at + 1;
    if (depth > 20) throw new UserError(`the schema is nested more than 20 deep: the file is damaged.`);
    for (let i = 0; i < (schema[at]?.num_children ?? 0) && next < schema.length; i += 1) {
      if (depth === 0) names.push(schema[next]!.name);
      next = skip(next, depth + 1);
    }
    return next;
  };
  skip(0, 0);
  return names;
};

const groupsOf = (path: string, { row_groups, num_rows }: FileMetaData, size: number) => {
  let from = 0;
  const groups = row_groups.map(({ num_rows: rows, columns }) => {
    // A row costs at least some bits; billions of rows in a small file are a damaged number.
    if (!(rows >= 0 && rows <= 1e4 * size)) throw damaged(path, `a row group claims ${rows} rows`);
    for (const { meta_data: meta } of columns) {
      const start = Number(meta?.dictionary_page_offset ?? meta?.data_page_offset ?? 0);
      const end = start + Number(meta?.total_compressed_size ?? 0);
      if (!(start >= 0 && end >= start && end <= size))
        throw damaged(path, `a column claims bytes ${start} to ${end} of ${size}`);
      if (!(Number(meta?.num_values ?? 0) <= 1e4 * size))
        throw damaged(path, `a column claims ${meta?.num_values} values`);
    }
    from += Number(rows);
    return { from: from - Number(rows), to: from };
  });
  if (from !== Number(num_rows)) throw damaged(path, `its row groups have ${from} rows of ${num_rows}`);
  return groups;
};

let bounded: Compressors | undefined;

/** The decompressors, each refusing to make a page larger than any is. */
const boundedCompressors = async (): Promise<Compressors> => {
  if (bounded) return bounded;
  const { compressors } = await import('hyparquet-compressors');
  const { snappyUncompress } = await import('hyparquet');
  const snappy = (input: Uint8Array, length: number): Uint8Array => {
    const output = new Uint8Array(length);
    snappyUncompress(input, output);
    return output;
  };
  bounded = Object.fromEntries(
    Object.entries({ SNAPPY: snappy, ...compressors }).map(([codec, decompress]) => [
      codec,
      (input: Uint8Array, length: number) => {
        if (!(length >= 0 && length <= largestPage(input.length)))
          throw new RangeError(`a page claims ${length} bytes`);
        return decompress(input, length);
      },
    ]),
  );
  return bounded;
};

/** Some columns of some rows; binary values are bytes, texts are texts, 64-bit numbers are plain where they fit. */
export const readRows = async (
  { path, file, metadata }: ParquetFile,
  columns: readonly string[],
  { from, to }: { readonly from: number; readonly to: number },
): Promise<Record<string, unknown>[]> => {
  if (columns.length === 0) return Array.from({ length: to - from }, () => ({}));
  const compressors = await boundedCompressors();
  const options = { file, metadata, compressors, columns: [...columns], rowStart: from, rowEnd: to, utf8: false };
  const rows = await understood(path, () => parquetReadObjects(options));
  if (rows.length !== to - from) throw damaged(path, `rows ${from} to ${to} are ${rows.length}`);
  return rows.map((row) => plain(row) as Record<string, unknown>);
};

const plain = (value: unknown): unknown => {
  if (typeof value === 'bigint') return Number(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value) || value instanceof Date) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, plain(inner)]));
};
