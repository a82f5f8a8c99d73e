/**
 * Two readers of tar archives. `tarMembers` reads headers alone, so that the files of a shard can be read later and in
 * any order, which no streaming library offers; `readTarball` reads a gzipped archive, which only a stream can, with
 * tar-stream.
 */
import { createReadStream } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { posix } from 'node:path';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';
import { UserError } from '../errors.ts';
import { type ByteRange, openForReading, readUpTo } from './read-exactly.ts';

/** A file of an archive: its name, and the range of its bytes in the archive. */
export interface TarMember extends ByteRange {
  readonly name: string;
}

/** Largest file of a tarball, in bytes; neither a damaged header nor a tiny archive may fill the memory. */
const LARGEST_MEMBER = 2 ** 28;

const BLOCK = 512;

/** Longest name that an extended header may give. */
const LONGEST_HEADER = 2 ** 20;

/**
 * The files of an uncompressed archive, found by their headers alone: 512 bytes of each are read, so that every image
 * of a shard can be read by itself and in any order. A link to an earlier file has the bytes of that file. An archive
 * behind the end of another, as `cat` joins them, is read, too.
 *
 * @param onDamage hears why the rest of the archive is lost, where it is cut short or damaged; then it ends.
 * @throws UserError where the file cannot be opened.
 */
export async function* tarMembers(
  path: string,
  onDamage: (why: string) => void,
): AsyncGenerator<TarMember, void, undefined> {
  const handle = await openForReading(path);
  try {
    const { size } = await handle.stat();
    let said: Names = {};
    const files = new Map<string, ByteRange>();
    for (let at = 0; ; ) {
      const header = await headerAt(handle, at);
      if (header === 'end') {
        at = await filledBlock(handle, at, size);
        if (at < size) continue;
        return;
      }
      if (header === undefined || header === 'damaged') {
        const why = header ? `is damaged at byte ${at}` : `is cut short at byte ${size}`;
        return onDamage((await compressionAt(handle, at)) ?? why);
      }
      const { length, type } = header;
      const [name, link] = [said.name ?? header.name, said.link ?? header.link];
      const next = at + BLOCK + Math.ceil(length / BLOCK) * BLOCK;
      if (at + BLOCK + length > size) return onDamage(`is cut short at byte ${size}, inside ${name}`);
      if (['x', 'L', 'K'].includes(type))
        said = { ...said, ...namesIn(await bytesAt(handle, at + BLOCK, Math.min(length, LONGEST_HEADER)), type) };
      else {
        const own = ['0', '\0', '7'].includes(type) ? { offset: at + BLOCK, length } : undefined;
        const range = own ?? files.get(targetOf({ name, link, type }));
        if (range) {
          files.set(plainName(name), range);
          yield { name, ...range };
        }
        said = {};
      }
      at = next;
    }
  } finally {
    await handle.close();
  }
}

/** Blocks that are looked through at a time. */
const MANY = 2 ** 8;

/** Position of the first block from here on that is not empty; the size where all are. */
const filledBlock = async (handle: FileHandle, from: number, size: number): Promise<number> => {
  for (let at = from; at < size; at += MANY * BLOCK) {
    const filled = (await bytesAt(handle, at, MANY * BLOCK)).findIndex((byte) => byte !== 0);
    if (filled >= 0) return at + Math.floor(filled / BLOCK) * BLOCK;
  }
  return size;
};

/** The name of the file that a hard link (1) or a symbolic one (2), which begins in its own folder, stands for. */
const targetOf = ({ name, link, type }: Pick<Header, 'name' | 'link' | 'type'>): string => {
  if (type === '1') return plainName(link);
  return type === '2' ? plainName(posix.join(posix.dirname(name), link)) : '';
};

const plainName = (name: string): string => posix.normalize(name);

/** Reason why an archive that begins here is not read: it is compressed. */
const compressionAt = async (handle: FileHandle, at: number): Promise<string | undefined> => {
  const magic = (await bytesAt(handle, at, 6)).toString('latin1');
  const kinds = { gzip: '\x1f\x8b', bzip2: 'BZh', zstd: '\x28\xb5\x2f\xfd', xz: '\xfd7zXZ' };
  const kind = Object.entries(kinds).find(([, begin]) => at === 0 && magic.startsWith(begin))?.[0];
  return kind === undefined ? undefined : `is compressed with ${kind}: unpack it first`;
};

const bytesAt = async (handle: FileHandle, offset: number, length: number): Promise<Buffer> => {
  const bytes = Buffer.alloc(length);
  return bytes.subarray(0, await readUpTo(handle, bytes, offset));
};

interface Header {
  readonly name: string;
  /** The name of the file that a link stands for. */
  readonly link: string;
  readonly length: number;
  readonly type: string;
}

/** Names that extended headers give to the next file. */
interface Names {
  readonly name?: string | undefined;
  readonly link?: string | undefined;
}

/** Reads a header. → undefined where the file ends before it does, `end` for the empty block that closes an archive */
const headerAt = async (handle: FileHandle, at: number): Promise<Header | 'end' | 'damaged' | undefined> => {
  const block = await bytesAt(handle, at, BLOCK);
  if (block.length < BLOCK) return undefined;
  if (block.every((byte) => byte === 0)) return 'end';
  const length = numberIn(block, 124, 12);
  if (sumOf(block) !== numberIn(block, 148, 8) || !Number.isSafeInteger(length)) return 'damaged';
  const prefix = block.toString('latin1', 257, 262) === 'ustar' ? textIn(block, 345, 155) : '';
  const name = textIn(block, 0, 100);
  const type = String.fromCharCode(block[156]!);
  return { name: prefix ? `${prefix}/${name}` : name, link: textIn(block, 157, 100), length, type };
};

const textIn = (block: Buffer, from: number, length: number): string =>
  block.toString('utf8', from, from + length).split('\0')[0]!;

/** Parses octal digits, or, for 8 GiB and more, a big-endian number whose first bit is set. */
const numberIn = (block: Buffer, from: number, length: number): number => {
  if (block[from]! & 0x80) return Number(block.readBigUInt64BE(from + length - 8));
  const digits = textIn(block, from, length).trim();
  return /^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number.NaN;
};

/** Checksum of a header: the sum of its bytes, with those of the checksum itself as spaces. */
const sumOf = (block: Buffer): number => block.reduce((sum, byte, i) => sum + (i >= 148 && i < 156 ? 32 : byte), 0);

/**
 * The names that an extended header gives to the next file: GNU's long name (L) or target of a link (K), or `path` and
 * `linkpath` of pax records, `27 path=…\n`.
 */
const namesIn = (bytes: Buffer, type: string): Names => {
  const text = bytes.toString('utf8');
  if (type !== 'x') return { [type === 'L' ? 'name' : 'link']: text.split('\0')[0] };
  const said = [...text.matchAll(/(?:^|\n)\d+ (linkp|p)ath=([^\n]*)(?=\n)/g)];
  return Object.fromEntries(said.map(([, kind, value]) => [kind === 'p' ? 'name' : 'link', value]));
};

/**
 * Reads some files of an npm package's tarball (`.tgz`), by name: `package/data.json`. The others are skipped without
 * being held in memory.
 *
 * @throws UserError where the tarball cannot be read, is cut short or damaged, or a file is above 256 MiB.
 */
export const readTarball = async (
  path: string,
  isWanted: (name: string) => boolean,
): Promise<ReadonlyMap<string, Uint8Array>> => {
  const files = new Map<string, Uint8Array>();
  const archive = extract();
  // errors reach the loop through the archive's stream, which the pipeline destroys
  pipeline(createReadStream(path), createGunzip(), archive, () => {});
  try {
    for await (const entry of archive) {
      const { name, type, size = 0 } = entry.header;
      if (type !== 'file' || !isWanted(name)) entry.resume();
      else if (size > LARGEST_MEMBER) throw new Error(`${name} claims ${size} bytes`);
      else files.set(name, await bytesOf(entry));
    }
  } catch (cause) {
    throw new UserError(`${path}: no whole tarball (${(cause as Error).message}): get it again.`, { cause });
  }
  return files;
};

const bytesOf = async (entry: AsyncIterable<unknown>): Promise<Uint8Array> => {
  const chunks: Buffer[] = [];
  for await (const chunk of entry) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
};

/** Parses one of a tarball's files as JSON. @throws UserError where it is not there. */
export const jsonIn = (files: ReadonlyMap<string, Uint8Array>, name: string, path: string): unknown => {
  const bytes = files.get(name);
  if (!bytes) throw new UserError(`${path}: has no ${name}: it is not the package that was asked for.`);
  return JSON.parse(Buffer.from(bytes).toString('utf8'));
};
