import type { FileHandle } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Field } from 'apache-arrow';
import { type FileBlock, Footer } from 'apache-arrow/ipc/metadata/file';
import { Message } from 'apache-arrow/ipc/metadata/message';
import { UserError } from '../../../errors.ts';
import { openForReading, readBytes } from '../../../files/read-exactly.ts';
import { checkFooter, checkRecordBatch } from './bounds.ts';
import { type ArrowColumn, columnOf, type RowBuffers } from './column.ts';

const MAGIC = 'ARROW1';

/** Bytes of the largest footer or batch header: a damaged length must not fill the memory. */
const LARGEST_HEADER = 64 * 2 ** 20;

/** Rows of an Arrow file: texts and numbers are read, binary values when they are asked for. */
export interface ArrowBatch {
  /** Number of this batch's first row in the file. */
  readonly first: number;
  readonly rows: number;
  readonly columns: ReadonlyMap<string, ArrowColumn>;
}

/** Schema of an Arrow file: its columns without their values, and texts by key about them. */
export interface ArrowSchema {
  readonly fields: readonly Field[];
  readonly metadata: ReadonlyMap<string, string>;
}

/** The schema of an Arrow file. @throws UserError when it is no whole Arrow file. */
export const arrowSchema = async (path: string): Promise<ArrowSchema> => {
  const handle = await openForReading(path);
  try {
    return (await readFooter(handle, path)).schema;
  } finally {
    await handle.close();
  }
};

/**
 * The batches of an Arrow IPC file, one after the other. A batch of the ViLT code holds up to 2 GiB of pictures: of
 * `binary` columns only the offsets are read, and a row says where in the file its bytes are.
 *
 * @param names the columns that are read; others are passed over.
 * @throws UserError when the file is cut short, damaged or compressed, or lacks a column.
 */
export async function* readArrow(path: string, names: readonly string[]): AsyncGenerator<ArrowBatch, void, undefined> {
  const handle = await openForReading(path);
  try {
    const { size } = await handle.stat();
    const footer = await readFooter(handle, path);
    const lacking = names.filter((name) => !footer.schema.fields.some((field) => field.name === name));
    if (lacking.length) {
      const has = footer.schema.fields.map(({ name }) => name).join(', ');
      throw new UserError(`${path}: has no column ${lacking.join(', ')}, has ${has}: check that it is the right file.`);
    }
    let first = 0;
    for (const block of understood(path, () => [...footer.recordBatches()])) {
      const batch = await readBatch({ handle, path, size, block, fields: footer.schema.fields }, names);
      yield { first, ...batch };
      first += batch.rows;
    }
  } finally {
    await handle.close();
  }
}

const damaged = (path: string, what: string): UserError =>
  new UserError(`${path}: ${what}: it is cut short or damaged: get it again.`);

/**
 * Turns what apache-arrow throws over damaged metadata, which says nothing to a user, into an error that names the
 * file.
 */
const understood = <T>(path: string, decode: () => T): T => {
  try {
    return decode();
  } catch (cause) {
    throw new UserError(
      `${path}: its metadata make no sense (${(cause as Error).message}): it is damaged: get it again.`,
      { cause },
    );
  }
};

const readFooter = async (handle: FileHandle, path: string): Promise<Footer> => {
  const { size } = await handle.stat();
  if (size < 20) throw damaged(path, `is no Arrow file, but ${size} bytes`);
  const head = Buffer.from(await readBytes(handle, { offset: 0, length: 6 }, path)).toString('latin1');
  if (head !== MAGIC)
    throw new UserError(`${path}: does not begin with ${MAGIC}: it is no Arrow file: give one in Arrow's file format.`);
  const tail = Buffer.from(await readBytes(handle, { offset: size - 10, length: 10 }, path));
  if (tail.toString('latin1', 4) !== MAGIC) throw damaged(path, `does not end with ${MAGIC}`);
  const length = tail.readInt32LE(0);
  if (length <= 0 || length > Math.min(LARGEST_HEADER, size - 20))
    throw damaged(path, `its footer claims ${length} bytes`);
  const bytes = await readBytes(handle, { offset: size - 10 - length, length }, path);
  return understood(path, () => {
    checkFooter(bytes);
    return Footer.decode(bytes);
  });
};

interface BatchPlace {
  readonly handle: FileHandle;
  readonly path: string;
  readonly size: number;
  readonly block: FileBlock;
  readonly fields: readonly Field[];
}

const readBatch = async ({ handle, path, size, block, fields }: BatchPlace, names: readonly string[]) => {
  const { offset, metaDataLength, bodyLength } = block;
  const body = offset + metaDataLength;
  if (
    !(
      offset >= 8 &&
      metaDataLength > 8 &&
      metaDataLength <= LARGEST_HEADER &&
      bodyLength >= 0 &&
      body + bodyLength <= size
    )
  ) {
    throw damaged(path, `a batch claims bytes ${offset} to ${body + bodyLength} of ${size}`);
  }
  const bytes = await readBytes(handle, { offset, length: metaDataLength }, path);
  const header = understood(path, () => recordBatch(bytes));
  if (header.compression)
    throw new UserError(
      `${path}: its batches are compressed: write it again without compression, as the ViLT code does.`,
    );
  const reader = batchReader({ handle, path, body, bodyLength }, header);
  const columns = new Map<string, ArrowColumn>();
  for (const field of fields) {
    const isWanted = names.includes(field.name);
    const column = await columnOf(field, reader, { where: `${basename(path)}, column ${field.name}`, isWanted });
    if (!column || !isWanted) continue;
    if (column.length !== header.length)
      throw damaged(path, `column ${field.name} has ${column.length} rows of ${header.length}`);
    columns.set(field.name, column);
  }
  if (header.length > bodyLength) throw damaged(path, `a batch claims ${header.length} rows in ${bodyLength} bytes`);
  return { rows: header.length, columns };
};

/** Decodes the header of a batch: its length, since Arrow 0.15 after four bytes of ones, and a flatbuffer. */
const recordBatch = (bytes: Uint8Array) => {
  const isNew = new DataView(bytes.buffer).getInt32(0, true) === -1;
  const flatbuffer = bytes.subarray(isNew ? 8 : 4);
  checkRecordBatch(flatbuffer);
  const message = Message.decode(flatbuffer);
  if (!message.isRecordBatch()) throw new Error('a block of the footer is no record batch');
  const { length, nodes, buffers, compression } = message.header();
  return { length, nodes, buffers, compression };
};

interface BodyPlace {
  readonly handle: FileHandle;
  readonly path: string;
  readonly body: number;
  readonly bodyLength: number;
}

/** Hands out a batch's nodes and buffers in the order of its schema, each checked against the body. */
const batchReader = (
  { handle, path, body, bodyLength }: BodyPlace,
  { nodes, buffers }: Pick<ReturnType<typeof recordBatch>, 'nodes' | 'buffers'>,
): RowBuffers => {
  let [node, buffer] = [0, 0];
  return {
    path,
    next: () => {
      const { length, nullCount } = nodes[node++] ?? { length: -1, nullCount: 0 };
      if (!(length >= 0 && length <= Math.max(bodyLength, 1))) throw damaged(path, `a column claims ${length} rows`);
      return { length, nulls: nullCount };
    },
    range: () => {
      const { offset, length } = buffers[buffer++] ?? { offset: -1, length: 0 };
      if (!(offset >= 0 && length >= 0 && offset + length <= bodyLength)) {
        throw damaged(path, `a column claims bytes ${offset} to ${offset + length} of ${bodyLength}`);
      }
      return { offset: body + offset, length };
    },
    read: (range) => readBytes(handle, range, path),
  };
};
