import { UserError } from '../../../errors.ts';
import { type ByteRange, readBytes, readRange } from '../../../files/read-exactly.ts';
import { decompressLz4Frame } from './lz4.ts';
import { type Block, damaged, type OpenFile, type Pair } from './messages.ts';
import type { ArrowBytes } from './values.ts';

/** The buffers of a batch, wherever their bytes come from. */
export interface Body {
  /** Bytes of all buffers. */
  readonly length: number;
  /** Number of a buffer → the range of its bytes. @throws UserError where it is not inside of the body. */
  readonly range: (buffer: number) => ByteRange;
  readonly read: (range: ByteRange) => Promise<Uint8Array<ArrayBuffer>>;
  /** Bytes that are read when they are asked for. */
  readonly later: (range: ByteRange) => ArrowBytes;
}

/** The body of a batch whose buffers lie in the file as they are. */
export const plainBody = ({ handle, path }: OpenFile, block: Block, buffers: readonly Pair[]): Body => ({
  length: block.bodyLength,
  range: (buffer) => {
    const [offset, length] = checked(path, block, buffers[buffer]);
    return { offset: block.offset + block.headerLength + offset, length };
  },
  read: (range) => readBytes(handle, range, path),
  later: (range) => ({ place: { path, ...range }, read: () => readRange(path, range) }),
});

/** Bytes of the length that stands before each compressed buffer; -1 there says that it is not compressed. */
const LENGTH = 8;

/** Most bytes of a decompressed buffer: a damaged length must not fill the memory. */
const largest = (compressed: number): number => Math.min(2 ** 31, 16 * 2 ** 20 + 300 * compressed);

/** Codecs by their numbers in Message.fbs. */
const CODECS = ['lz4', 'zstd'] as const;

/** A buffer: where it is in the file, and which bytes of the decompressed body are its own. */
interface Compressed {
  readonly place: ByteRange;
  readonly own: ByteRange;
  readonly isStored: boolean;
}

/**
 * The body of a batch whose buffers are compressed one by one. Ranges are those of the buffers one behind the other,
 * decompressed.
 *
 * @throws UserError where a buffer is damaged, or the codec is none that is known.
 */
export const compressedBody = async (file: OpenFile, block: Block, header: CompressedHeader): Promise<Body> => {
  const { handle, path } = file;
  const codec = CODECS[header.codec];
  if (codec === undefined) throw damaged(path, `a batch is compressed with codec ${header.codec}`);
  const parts: Compressed[] = [];
  let end = 0;
  for (const pair of header.buffers) {
    const [begin, length] = checked(path, block, pair);
    const place = { offset: block.offset + block.headerLength + begin, length };
    const prefix = length < LENGTH ? 0n : await lengthAt(file, place.offset);
    const claimed = prefix === -1n ? Math.max(0, length - LENGTH) : Number(prefix);
    if (!(claimed >= 0 && claimed <= largest(length))) throw damaged(path, `a buffer claims ${claimed} bytes`);
    parts.push({ place, own: { offset: end, length: claimed }, isStored: prefix === -1n });
    end += claimed;
  }
  const partOf = createParts(path, codec);
  const partAt = ({ offset, length }: ByteRange): Compressed | undefined =>
    parts.find(({ own }) => own.length > 0 && offset >= own.offset && offset + length <= own.offset + own.length);
  const read = async (range: ByteRange, bytes: typeof readRange): Promise<Uint8Array<ArrayBuffer>> => {
    const part = partAt(range);
    if (!part) return new Uint8Array(range.length);
    const from = range.offset - part.own.offset;
    return (await partOf(part, bytes)).slice(from, from + range.length);
  };
  return {
    length: end,
    range: (buffer) => parts[buffer]?.own ?? checkedRange(path, block),
    read: (range) => read(range, (_, place) => readBytes(handle, place, path)),
    later: (range) => ({ read: () => read(range, readRange) }),
  };
};

interface CompressedHeader {
  readonly codec: number;
  readonly buffers: readonly Pair[];
}

const checked = (path: string, { bodyLength }: Block, pair: Pair = [-1, 0]): Pair => {
  const [offset, length] = pair;
  if (offset >= 0 && length >= 0 && offset + length <= bodyLength) return pair;
  throw damaged(path, `a column claims bytes ${offset} to ${offset + length} of ${bodyLength}`);
};

const checkedRange = (path: string, block: Block): never => {
  throw damaged(path, `a column claims a buffer behind the ${block.bodyLength} bytes of its batch`);
};

const lengthAt = async ({ handle, path }: OpenFile, offset: number): Promise<bigint> => {
  const { buffer } = await readBytes(handle, { offset, length: LENGTH }, path);
  return new DataView(buffer).getBigInt64(0, true);
};

/** Number of decompressed buffers of a batch that are kept: those of its pictures and what they need. */
const KEPT = 2;

/** Decompresses buffers; those of a batch that were asked for last are kept, since its pictures stand in one. */
const createParts = (path: string, codec: (typeof CODECS)[number]) => {
  const kept = new Map<Compressed, Promise<Uint8Array<ArrayBuffer>>>();
  return (part: Compressed, read: typeof readRange): Promise<Uint8Array<ArrayBuffer>> => {
    const bytes = kept.get(part) ?? decompressed(part, { path, codec, read });
    kept.delete(part);
    kept.set(part, bytes);
    bytes.catch(() => kept.delete(part));
    for (const oldest of kept.keys()) if (kept.size > KEPT) kept.delete(oldest);
    return bytes;
  };
};

const decompressed = async (
  { place, own, isStored }: Compressed,
  { path, codec, read }: { readonly path: string; readonly codec: string; readonly read: typeof readRange },
): Promise<Uint8Array<ArrayBuffer>> => {
  const bytes = (await read(path, place)).subarray(LENGTH);
  if (isStored) return bytes.slice();
  try {
    if (codec === 'lz4') return decompressLz4Frame(bytes, own.length);
    const { decompressZstd } = await import('hyparquet-compressors');
    const whole = decompressZstd(bytes, new Uint8Array(own.length));
    if (whole.length === own.length) return whole.slice();
    throw new RangeError(`zstd gives ${whole.length} bytes of ${own.length}`);
  } catch (cause) {
    if (cause instanceof UserError) throw cause;
    throw damaged(path, `a buffer cannot be decompressed (${(cause as Error).message})`);
  }
};
