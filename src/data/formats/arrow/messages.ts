import { UserError } from '../../../errors.ts';
import { type ByteSource, readBytes } from '../../../files/read-exactly.ts';
import { type Flatbuffer, openFlatbuffer } from './flatbuffer.ts';
import { type ArrowSchema, schemaIn } from './schema.ts';

const MAGIC = 'ARROW1';

/** Four bytes of ones, which begin a message since Arrow 0.15. */
const CONTINUATION = 0xffffffff;

/** Bytes of the largest footer or header of a message: a damaged length must not fill the memory. */
const LARGEST_HEADER = 64 * 2 ** 20;

/** A message of a file: its header, and its body behind it. */
export interface Block {
  readonly offset: number;
  readonly headerLength: number;
  readonly bodyLength: number;
}

/** Contents of an Arrow file: its schema, and its dictionaries and batches in their order. */
export interface ArrowContents {
  readonly schema: ArrowSchema;
  readonly blocks: readonly Block[];
}

/** An open file, or bytes in memory. */
export interface OpenFile {
  readonly handle: ByteSource;
  readonly path: string;
  readonly size: number;
}

/** Numbers of the fields of tables in File.fbs and Message.fbs. */
const FOOTER = { schema: 1, dictionaries: 2, batches: 3 };
const MESSAGE = { version: 0, kind: 1, header: 2, bodyLength: 3 };
const RECORD_BATCH = { length: 0, nodes: 1, buffers: 2, compression: 3, variadic: 4 };
/** Field of a compression. */
const CODEC = 0;
const DICTIONARY_BATCH = { id: 0, data: 1, isDelta: 2 };

/** Kinds of messages. */
const SCHEMA = 1;
const DICTIONARY = 2;
const BATCH = 3;

/** The first version of the format whose unions have no buffer of nulls. */
const VERSION_5 = 4;

/** Bytes of a block of the footer, a node, a range and a number of 64 bits. */
const BLOCK = 24;
const PAIR = 16;
const LONG = 8;

export const damaged = (path: string, what: string): UserError =>
  new UserError(`${path}: ${what}: it is cut short or damaged: get it again.`);

/** Turns what a flatbuffer throws over damaged bytes into an error that names the file. */
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

/**
 * The contents of a file in Arrow's file format, by its footer, or in its stream format, by the headers of its messages
 * one after the other.
 *
 * @throws UserError when it is neither, or cut short or damaged.
 */
export const arrowContents = async (file: OpenFile): Promise<ArrowContents> => {
  const { handle, path, size } = file;
  if (size < 8) throw damaged(path, `is no Arrow file, but ${size} bytes`);
  const head = Buffer.from(await readBytes(handle, { offset: 0, length: 8 }, path));
  if (head.toString('latin1', 0, 6) === MAGIC) return footerContents(file);
  const isStream = head.readUInt32LE(0) === CONTINUATION || (head.readUInt32LE(0) < size && head.readUInt32LE(4) < 64);
  if (isStream) return streamContents(file);
  throw new UserError(
    `${path}: begins neither with ${MAGIC}, as Arrow's file format, nor with a message, as its stream format: give an Arrow file.`,
  );
};

const footerContents = async ({ handle, path, size }: OpenFile): Promise<ArrowContents> => {
  if (size < 20) throw damaged(path, `is no Arrow file, but ${size} bytes`);
  const tail = Buffer.from(await readBytes(handle, { offset: size - 10, length: 10 }, path));
  if (tail.toString('latin1', 4) !== MAGIC) throw damaged(path, `does not end with ${MAGIC}`);
  const length = tail.readInt32LE(0);
  if (length <= 0 || length > Math.min(LARGEST_HEADER, size - 20))
    throw damaged(path, `its footer claims ${length} bytes`);
  const bytes = await readBytes(handle, { offset: size - 10 - length, length }, path);
  return understood(path, () => {
    const buffer = openFlatbuffer(bytes);
    const schema = buffer.table(buffer.root(), FOOTER.schema);
    if (schema === undefined) throw new RangeError('it has no schema');
    const blocks = [FOOTER.dictionaries, FOOTER.batches].flatMap((field) => blocksIn(buffer, field));
    return { schema: schemaIn(buffer, schema), blocks };
  });
};

const blocksIn = (buffer: Flatbuffer, field: number): Block[] => {
  const { first, length } = buffer.list(buffer.root(), field, BLOCK);
  return Array.from({ length }, (_, i) => {
    const at = first + i * BLOCK;
    return {
      offset: buffer.longAt(at),
      headerLength: buffer.intAt(at + 8),
      bodyLength: buffer.longAt(at + 16),
    };
  });
};

const streamContents = async (file: OpenFile): Promise<ArrowContents> => {
  const { path, size } = file;
  let schema: ArrowSchema | undefined;
  const blocks: Block[] = [];
  for (let offset = 0; offset < size; ) {
    const headerLength = await headerLengthAt(file, offset);
    if (headerLength === 0) break;
    const bytes = await headerBytes(file, { offset, headerLength, bodyLength: 0 });
    const [kind, bodyLength] = understood(path, () => {
      const buffer = openFlatbuffer(bytes);
      const message = buffer.root();
      const isSchema = buffer.byte(message, MESSAGE.kind) === SCHEMA;
      if (isSchema) schema = schemaIn(buffer, headerOf(buffer));
      return [buffer.byte(message, MESSAGE.kind), buffer.long(message, MESSAGE.bodyLength)] as const;
    });
    const block = { offset, headerLength, bodyLength };
    if (kind !== SCHEMA) blocks.push(block);
    offset += headerLength + bodyLength;
    if (!(bodyLength >= 0 && offset <= size)) throw damaged(path, `a message claims bytes up to ${offset} of ${size}`);
  }
  if (!schema) throw damaged(path, 'its stream has no schema');
  return { schema, blocks };
};

/** Bytes of the header of the message at a place, its length included; 0 at the end of a stream. */
const headerLengthAt = async ({ handle, path, size }: OpenFile, offset: number): Promise<number> => {
  if (offset + 4 > size) throw damaged(path, `its stream ends at byte ${size}, inside a message`);
  const bytes = Buffer.from(await readBytes(handle, { offset, length: Math.min(8, size - offset) }, path));
  const isNew = bytes.readUInt32LE(0) === CONTINUATION;
  if (isNew && bytes.length < 8) throw damaged(path, `its stream ends at byte ${size}, inside a message`);
  const length = bytes.readUInt32LE(isNew ? 4 : 0);
  return length === 0 ? 0 : length + (isNew ? 8 : 4);
};

/** The flatbuffer of a message's header. */
const headerBytes = async ({ handle, path, size }: OpenFile, block: Block): Promise<Uint8Array> => {
  const { offset, headerLength, bodyLength } = block;
  const end = offset + headerLength + bodyLength;
  const isInside = offset >= 0 && headerLength > 8 && headerLength <= LARGEST_HEADER && bodyLength >= 0 && end <= size;
  if (!isInside) throw damaged(path, `a batch claims bytes ${offset} to ${end} of ${size}`);
  const bytes = await readBytes(handle, { offset, length: headerLength }, path);
  return bytes.subarray(new DataView(bytes.buffer).getUint32(0, true) === CONTINUATION ? 8 : 4);
};

const headerOf = (buffer: Flatbuffer): number => {
  const header = buffer.table(buffer.root(), MESSAGE.header);
  if (header === undefined) throw new RangeError('a message has no header');
  return header;
};

/** A range of a body, or the number of values of a node and of nulls among them. */
export type Pair = readonly [number, number];

/** The header of a batch of rows, or of the values of a dictionary. */
export interface BatchHeader {
  /** Id of the dictionary; absent for rows. */
  readonly dictionary?: number | undefined;
  /** Whether the values follow those that the dictionary has already. */
  readonly isDelta: boolean;
  readonly length: number;
  readonly nodes: readonly Pair[];
  readonly buffers: readonly Pair[];
  readonly variadic: readonly number[];
  readonly isOld: boolean;
  /** Number of the codec of its buffers; absent where they are not compressed. */
  readonly codec?: number | undefined;
}

/** The header of a batch. @throws UserError where it is damaged. */
export const batchHeader = async (file: OpenFile, block: Block): Promise<BatchHeader> => {
  const bytes = await headerBytes(file, block);
  return understood(file.path, () => {
    const buffer = openFlatbuffer(bytes);
    const kind = buffer.byte(buffer.root(), MESSAGE.kind);
    if (kind !== BATCH && kind !== DICTIONARY) throw new RangeError(`a message of the kind ${kind} is no batch`);
    const header = headerOf(buffer);
    const batch = kind === BATCH ? header : buffer.table(header, DICTIONARY_BATCH.data);
    if (batch === undefined) throw new RangeError('a dictionary has no values');
    const isOld = buffer.short(buffer.root(), MESSAGE.version) < VERSION_5;
    const isDelta = kind === DICTIONARY && buffer.byte(header, DICTIONARY_BATCH.isDelta) !== 0;
    const dictionary = kind === DICTIONARY ? buffer.long(header, DICTIONARY_BATCH.id) : undefined;
    return { ...numbersOf(buffer, batch), isOld, isDelta, dictionary };
  });
};

const numbersOf = (buffer: Flatbuffer, batch: number) => {
  const pairs = (field: number): Pair[] => {
    const { first, length } = buffer.list(batch, field, PAIR);
    return Array.from({ length }, (_, i) => [buffer.longAt(first + i * PAIR), buffer.longAt(first + i * PAIR + LONG)]);
  };
  const { first, length } = buffer.list(batch, RECORD_BATCH.variadic, LONG);
  const compression = buffer.table(batch, RECORD_BATCH.compression);
  return {
    length: buffer.long(batch, RECORD_BATCH.length),
    nodes: pairs(RECORD_BATCH.nodes),
    buffers: pairs(RECORD_BATCH.buffers),
    variadic: Array.from({ length }, (_, i) => buffer.longAt(first + i * LONG)),
    codec: compression === undefined ? undefined : buffer.byte(compression, CODEC),
  };
};
