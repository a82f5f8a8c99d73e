import { basename } from 'node:path';
import { UserError } from '../../../errors.ts';
import { openForReading, sourceOf } from '../../../files/read-exactly.ts';
import { columnOf, skipColumn } from './column.ts';
import { type Body, compressedBody, plainBody } from './compressed-body.ts';
import { arrowContents, type BatchHeader, batchHeader, damaged, type OpenFile } from './messages.ts';
import { type ArrowField, type ArrowSchema, dictionaryFields } from './schema.ts';
import type { ArrowColumn, RowBuffers } from './values.ts';

/** Rows of an Arrow file: texts and numbers are read, binary values when they are asked for. */
export interface ArrowBatch {
  /** Number of this batch's first row in the file. */
  readonly first: number;
  readonly rows: number;
  readonly columns: ReadonlyMap<string, ArrowColumn>;
}

/** The schema of an Arrow file. @throws UserError when it is no whole Arrow file. */
export const arrowSchema = async (path: string): Promise<ArrowSchema> => {
  const handle = await openForReading(path);
  try {
    return (await arrowContents({ handle, path, size: (await handle.stat()).size })).schema;
  } finally {
    await handle.close();
  }
};

/**
 * The batches of a file in Arrow's file or stream format, one after the other. A batch of the ViLT code holds up to 2
 * GiB of pictures: of `binary` columns only the offsets are read, and a row says where in the file its bytes are.
 *
 * @param names the columns that are read; others are passed over, whatever their type.
 * @throws UserError when the file is cut short or damaged, or lacks a column.
 */
export async function* readArrow(path: string, names: readonly string[]): AsyncGenerator<ArrowBatch, void, undefined> {
  const handle = await openForReading(path);
  try {
    yield* batchesIn({ handle, path, size: (await handle.stat()).size }, names);
  } finally {
    await handle.close();
  }
}

/** The batches of bytes in Arrow's file or stream format, as `readArrow`. @param path their name in errors */
export const readArrowBytes = (
  bytes: Uint8Array,
  path: string,
  names: readonly string[],
): AsyncGenerator<ArrowBatch, void, undefined> =>
  batchesIn({ handle: sourceOf(bytes), path, size: bytes.length }, names);

async function* batchesIn(file: OpenFile, names: readonly string[]): AsyncGenerator<ArrowBatch, void, undefined> {
  const { path } = file;
  const { schema, blocks } = await arrowContents(file);
  const lacking = names.filter((name) => !schema.fields.some((field) => field.name === name));
  if (lacking.length) {
    const has = schema.fields.map(({ name }) => name).join(', ');
    throw new UserError(`${path}: has no column ${lacking.join(', ')}, has ${has}: check that it is the right file.`);
  }
  const words = dictionaryFields(schema.fields.filter(({ name }) => names.includes(name)));
  const dictionaries = new Map<number, ArrowColumn>();
  let first = 0;
  for (const block of blocks) {
    const header = await batchHeader(file, block);
    const { codec } = header;
    const body =
      codec === undefined
        ? plainBody(file, block, header.buffers)
        : await compressedBody(file, block, { ...header, codec });
    const buffers = buffersOf({ path, body, header }, dictionaries);
    if (header.dictionary !== undefined)
      await readDictionary(words.get(header.dictionary), { header, buffers }, dictionaries);
    else {
      const columns = await columnsOf({ schema, header, buffers, body }, names);
      yield { first, rows: header.length, columns };
      first += header.length;
    }
  }
}

interface Batch {
  readonly header: BatchHeader;
  readonly buffers: RowBuffers;
}

/**
 * Reads the values of a dictionary, which replace those of before or, in a delta, follow them; nothing where no column
 * that is read has it.
 */
const readDictionary = async (
  field: ArrowField | undefined,
  { header, buffers }: Batch,
  dictionaries: Map<number, ArrowColumn>,
): Promise<void> => {
  if (!field) return;
  const id = header.dictionary!;
  const where = `${basename(buffers.path)}, dictionary of ${field.name}`;
  const values = await columnOf({ ...field, dictionary: undefined }, buffers, where);
  const before = header.isDelta ? dictionaries.get(id) : undefined;
  dictionaries.set(id, before ? joined(before, values) : values);
};

const joined = (before: ArrowColumn, after: ArrowColumn): ArrowColumn => ({
  length: before.length + after.length,
  at: (row) => (row < before.length ? before.at(row) : after.at(row - before.length)),
});

const columnsOf = async (
  { schema, header, buffers, body }: Batch & { readonly schema: ArrowSchema; readonly body: Body },
  names: readonly string[],
): Promise<ReadonlyMap<string, ArrowColumn>> => {
  const { path } = buffers;
  const columns = new Map<string, ArrowColumn>();
  for (const field of schema.fields) {
    if (!names.includes(field.name)) {
      skipColumn(field, buffers);
      continue;
    }
    const column = await columnOf(field, buffers, `${basename(path)}, column ${field.name}`);
    if (column.length !== header.length)
      throw damaged(path, `column ${field.name} has ${column.length} rows of ${header.length}`);
    columns.set(field.name, column);
  }
  if (header.length > body.length) throw damaged(path, `a batch claims ${header.length} rows in ${body.length} bytes`);
  return columns;
};

interface BatchPlace {
  readonly path: string;
  readonly body: Body;
  readonly header: BatchHeader;
}

/** Hands out a batch's nodes and buffers in the order of its schema, each checked against the body. */
const buffersOf = ({ path, body, header }: BatchPlace, dictionaries: ReadonlyMap<number, ArrowColumn>): RowBuffers => {
  const { nodes, buffers, variadic, isOld } = header;
  let [node, buffer, view] = [0, 0, 0];
  return {
    path,
    isOld,
    next: () => {
      const [length, nulls] = nodes[node++] ?? [-1, 0];
      if (!(length >= 0 && length <= Math.max(body.length, 1))) throw damaged(path, `a column claims ${length} rows`);
      return { length, nulls };
    },
    range: () => body.range(buffer++),
    variadic: () => {
      const count = variadic[view++] ?? -1;
      if (!(count >= 0 && count <= buffers.length)) throw damaged(path, `a column of views claims ${count} buffers`);
      return count;
    },
    read: body.read,
    later: body.later,
    dictionary: (id) => dictionaries.get(id),
  };
};
