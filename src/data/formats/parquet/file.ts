import { stat } from 'node:fs/promises';
import {
  type AsyncBuffer,
  type Compressors,
  type FileMetaData,
  parquetMetadataAsync,
  parquetReadObjects,
  parquetSchema,
  type SchemaTree,
} from 'hyparquet';
import { counted, UserError } from '../../../errors.ts';
import { parseRecordJson, wholeNumber } from '../../../files/json.ts';
import { type ByteRange, readRange } from '../../../files/read-exactly.ts';
import { decompressLz4Block } from '../arrow/lz4.ts';
import { checkPages } from './pages.ts';

/** A parquet file whose footer has been read. */
export interface ParquetFile {
  readonly path: string;
  readonly source: Source;
  readonly metadata: FileMetaData;
  readonly columns: readonly string[];
  /** The columns that hold texts, or lists of them; those of images may be paths. */
  readonly textColumns: ReadonlySet<string>;
  /** The columns of whole decimal numbers that are kept as bytes. */
  readonly wholeColumns: ReadonlySet<string>;
  /** Number of the first row of each row group, and of the row after its last. */
  readonly groups: readonly { readonly from: number; readonly to: number }[];
}

/** Largest footer, and most bytes of a decompressed page: damaged lengths must not fill the memory. */
const LARGEST_FOOTER = 64 * 2 ** 20;
const largestPage = (compressed: number): number => Math.min(2 ** 30, 16 * 2 ** 20 + 100 * compressed);

/** Bytes of a file, wherever it is. */
interface Bytes {
  /** Path or address, for messages. */
  readonly path: string;
  readonly size: number;
  readonly read: (range: ByteRange) => Promise<Uint8Array>;
}

/**
 * Opens a parquet file on the disk and checks its footer.
 *
 * @throws UserError when it cannot be read, is cut short or no parquet file.
 */
export const openParquet = async (path: string): Promise<ParquetFile> => {
  const { size } = await stat(path).catch((cause: NodeJS.ErrnoException) => {
    throw new UserError(`${path}: cannot be read (${cause.code}): check the path.`, { cause });
  });
  return await openParquetFrom({ path, size, read: (range) => readRange(path, range) });
};

/** Opens a parquet file that is read by ranges, wherever it is: its footer, then a column of a row group at a time. */
export const openParquetFrom = async (bytes: Bytes): Promise<ParquetFile> => {
  const { path, size } = bytes;
  if (size < 12) throw damaged(path, `is no parquet file, but ${counted(size, 'byte')}`);
  const tail = Buffer.from(await bytes.read({ offset: size - 8, length: 8 }));
  const magic = tail.toString('latin1', 4);
  if (magic === 'PARE') throw new UserError(`${path}: is encrypted, which is not read: write it again without a key.`);
  if (magic !== 'PAR1') throw damaged(path, 'does not end with PAR1');
  const footer = tail.readUInt32LE(0);
  if (footer > Math.min(size - 12, LARGEST_FOOTER)) throw damaged(path, `its footer claims ${footer} bytes`);
  const source = sourceOf(bytes);
  const metadata = await understood(path, source, () => parquetMetadataAsync(source.file));
  const root = await understood(path, source, async () => parquetSchema(metadata));
  source.metadata = metadata;
  const decimals = root.children.filter(isWholeDecimal);
  // the parser would make them floats, which round an id beyond 2^53 to that of another row
  for (const { element } of decimals) Object.assign(element, { converted_type: undefined, logical_type: undefined });
  return {
    path,
    source,
    metadata,
    columns: root.children.filter((child) => !isUnread(child)).map(({ element }) => element.name),
    textColumns: new Set(root.children.filter(isOfTexts).map(({ element }) => element.name)),
    wholeColumns: new Set(
      decimals.filter(({ element }) => element.type?.endsWith('BYTE_ARRAY')).map(({ element }) => element.name),
    ),
    groups: groupsOf(path, metadata, { size, leaves: new Set(leavesOf(root)) }),
  };
};

const damaged = (path: string, what: string, options?: ErrorOptions): UserError =>
  new UserError(`${path}: ${what}: it is cut short or damaged: get it again.`, options);

/** A file as the parser reads it, and the error of the first part that could not be read. */
interface Source {
  readonly file: AsyncBuffer;
  failure?: UserError | undefined;
  /** The footer, once it is read: from then on the pages of all parts that are read are checked. */
  metadata?: FileMetaData | undefined;
}

/**
 * A file whose parts never fail: a part that cannot be read comes empty, and `understood` throws the reason. The parser
 * asks for several parts at once and, where one fails, waits for none of the others, whose failures would end the
 * process.
 */
const sourceOf = ({ path, size, read: readBytes }: Bytes): Source => {
  const read = async (from: number, to: number): Promise<ArrayBuffer> => {
    const [offset, end] = [Math.max(0, from < 0 ? size + from : from), Math.min(to, size)];
    if (!(end >= offset)) throw damaged(path, `a column claims bytes ${offset} to ${end} of ${size}`);
    const { buffer: bytes } = await readBytes({ offset, length: end - offset });
    if (source.metadata) checkPages(source.metadata, { offset, bytes });
    return bytes as ArrayBuffer;
  };
  const slice = (from: number, to = size): Promise<ArrayBuffer> =>
    read(from, to).catch((failure: Error) => {
      source.failure ??= failure instanceof UserError ? failure : damaged(path, `cannot be read (${failure.message})`);
      return new ArrayBuffer(0);
    });
  const source: Source = { file: { byteLength: size, slice } };
  return source;
};

/** Whether a column holds texts alone, or lists of them. */
const isOfTexts = ({ element, children }: SchemaTree): boolean =>
  children.length === 0
    ? element.converted_type === 'UTF8' || element.logical_type?.type === 'STRING'
    : children.length === 1 && isOfTexts(children[0]!);

/** Whether a column holds decimal numbers without places after the point. */
const isWholeDecimal = ({ element, children }: SchemaTree): boolean =>
  children.length === 0 && element.converted_type === 'DECIMAL' && (element.scale ?? 0) === 0;

/** Whether a column holds, somewhere, values of a type that the parser does not know, and so is passed over. */
const isUnread = ({ element, children }: SchemaTree): boolean =>
  ['BSON', 'INTERVAL'].includes(element.converted_type ?? '') || children.some(isUnread);

/** Turns what the parser throws over damaged bytes, which says nothing to a user, into an error that names the file. */
const understood = async <T>(path: string, source: Source, read: () => Promise<T>): Promise<T> => {
  try {
    const result = await read();
    if (source.failure) throw source.failure;
    return result;
  } catch (cause) {
    throw source.failure ?? damaged(path, `cannot be read (${(cause as Error).message})`, { cause });
  }
};

/** Paths of the columns that hold values: `image.bytes`. */
const leavesOf = ({ path, children }: SchemaTree): string[] =>
  children.length === 0 ? [path.join('.')] : children.flatMap(leavesOf);

/**
 * Most values that a column of a file may claim: equal ones take next to no bytes, but billions are a damaged number.
 */
const mostValues = (size: number): number => 1e6 + 100 * size;

const groupsOf = (
  path: string,
  { row_groups, num_rows }: FileMetaData,
  { size, leaves }: { readonly size: number; readonly leaves: ReadonlySet<string> },
) => {
  let from = 0;
  const groups = row_groups.map(({ num_rows: rows, columns }) => {
    if (!(rows >= 0 && rows <= mostValues(size))) throw damaged(path, `a row group claims ${rows} rows`);
    for (const { meta_data: meta } of columns) {
      // of a damaged file even what the format requires may be missing
      const name = meta?.path_in_schema?.join('.') ?? '';
      if (!leaves.has(name)) throw damaged(path, `a row group has a column "${name}" that the schema lacks`);
      const start = Number(meta?.dictionary_page_offset ?? meta?.data_page_offset);
      const end = start + Number(meta?.total_compressed_size);
      if (!(start >= 0 && end >= start && end <= size))
        throw damaged(path, `a column claims bytes ${start} to ${end} of ${size}`);
      if (!(Number(meta?.num_values) <= mostValues(size)))
        throw damaged(path, `a column claims ${meta?.num_values} values`);
    }
    from += Number(rows);
    return { from: from - Number(rows), to: from };
  });
  if (from !== Number(num_rows)) throw damaged(path, `its row groups have ${from} rows of ${num_rows}`);
  return groups;
};

let bounded: Compressors | undefined;

/** The decompressors by codec, each refusing to make a page larger than any real one. */
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
    Object.entries({ SNAPPY: snappy, ...compressors, LZ4_RAW: decompressLz4Block }).map(([codec, decompress]) => [
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

/** Decodes texts whole; the parser's own decoder takes U+FEFF off their beginning. */
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
const parsers = {
  stringFromBytes: (bytes: Uint8Array | undefined) => bytes && decoder.decode(bytes),
  // as JSON in files: with NaN, and with the digits of large numbers
  jsonFromBytes: (bytes: Uint8Array | undefined) => bytes && parseRecordJson(decoder.decode(bytes)),
};

/** Reads some columns of some rows. Binary values are bytes. */
export const readRows = async (
  { path, source, metadata, wholeColumns }: ParquetFile,
  columns: readonly string[],
  { from, to }: { readonly from: number; readonly to: number },
): Promise<Record<string, unknown>[]> => {
  if (columns.length === 0) return Array.from({ length: to - from }, () => ({}));
  const compressors = await boundedCompressors();
  const options = {
    file: source.file,
    metadata,
    compressors,
    parsers,
    columns: [...columns],
    rowStart: from,
    rowEnd: to,
    utf8: false,
  };
  const rows = await understood(path, source, () => parquetReadObjects(options));
  if (rows.length !== to - from) throw damaged(path, `rows ${from} to ${to} are ${rows.length}`);
  for (const row of rows) for (const name of wholeColumns) if (name in row) row[name] = wholeOf(row[name]);
  return rows.map((row) => plain(row) as Record<string, unknown>);
};

/** The whole number of the bytes of a decimal, the highest first. */
const wholeOf = (value: unknown): unknown => {
  if (!(value instanceof Uint8Array) || value.length === 0) return value;
  return BigInt.asIntN(8 * value.length, BigInt(`0x${Buffer.from(value).toString('hex')}`));
};

const plain = (value: unknown): unknown => {
  if (typeof value === 'bigint') return wholeNumber(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value) || value instanceof Date) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, plain(inner)]));
};
