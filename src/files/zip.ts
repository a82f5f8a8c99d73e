import type { FileHandle } from 'node:fs/promises';
import { crc32, inflateRawSync } from 'node:zlib';
import { UserError } from '../errors.ts';
import { type ByteRange, openForReading, readBytes } from './read-exactly.ts';

/** One file of an archive: the range of its bytes in it, as they are stored, and what the directory says of it. */
export interface ZipEntry extends ByteRange {
  /** Bytes once unpacked. */
  readonly size: number;
  /** 0: stored as it is; 8: deflated. */
  readonly method: number;
  readonly isEncrypted: boolean;
  /** CRC-32 of the unpacked bytes. */
  readonly checksum: number;
}

/** Longest directory, in bytes, and most files: a checkpoint has hundreds, and each entry costs a read. */
const LONGEST_DIRECTORY = 2 ** 26;
const MOST_ENTRIES = 2 ** 16;

/** Largest file that is unpacked, in bytes; a damaged directory must not fill the memory. */
const LARGEST_UNPACKED = 2 ** 28;

const signatures = { local: 0x04034b50, entry: 0x02014b50, end: 0x06054b50, end64: 0x06064b50, locator: 0x07064b50 };

const damaged = (path: string, what: string): UserError =>
  new UserError(`${path}: no whole zip archive: ${what}: get it again.`);

/**
 * Reads the directory of a zip archive, zip64 included: its files by name. Their ranges lie inside the archive and do
 * not overlap, so that stored files cannot be larger than the archive is.
 *
 * @throws UserError where the archive is cut short or inconsistent.
 */
export const readZipDirectory = async (
  handle: FileHandle,
  size: number,
  path: string,
): Promise<ReadonlyMap<string, ZipEntry>> => {
  const { begin, end, count } = await findDirectory(handle, size, path);
  if (begin > end || end > size || end - begin > LONGEST_DIRECTORY) {
    throw damaged(path, `its directory claims bytes ${begin} to ${end} of ${size}`);
  }
  if (count > MOST_ENTRIES) throw damaged(path, `it claims ${count} files, where ${MOST_ENTRIES} are allowed`);
  const listed = parseDirectory(await readBytes(handle, { offset: begin, length: end - begin }, path), count, path);
  const entries = new Map<string, ZipEntry>();
  for (const [name, entry] of listed) entries.set(name, await locate(handle, entry, { limit: begin, name, path }));
  refuseOverlap(entries, path);
  return entries;
};

/** The files of an archive by name, each unpacked when it is asked for. */
export type Archive = ReadonlyMap<string, () => Uint8Array>;

/**
 * Reads a small archive whole, such as a Python wheel, its files stored or deflated. Each is checked against its
 * checksum when it is unpacked.
 *
 * @throws UserError where the file cannot be read or is no archive; a file's own function, where that is damaged.
 */
export const readZip = async (path: string): Promise<Archive> => {
  const handle = await openForReading(path);
  try {
    const { size } = await handle.stat();
    const entries = await readZipDirectory(handle, size, path);
    const bytes = await readBytes(handle, { offset: 0, length: size }, path);
    const unpacked = ([name, entry]: [string, ZipEntry]) =>
      [
        name,
        () => unpack(bytes.subarray(entry.offset, entry.offset + entry.length), entry, `${path}, ${name}`),
      ] as const;
    return new Map([...entries].map(unpacked));
  } finally {
    await handle.close();
  }
};

const unpack = (bytes: Uint8Array, { method, size, checksum, isEncrypted }: ZipEntry, where: string): Uint8Array => {
  if ((method !== 0 && method !== 8) || isEncrypted) {
    throw damaged(
      where,
      isEncrypted ? 'it is encrypted' : `it is packed by method ${method}, and only 0 and 8 are known`,
    );
  }
  if (size > LARGEST_UNPACKED) throw damaged(where, `it claims ${size} bytes`);
  const unpacked = method === 0 ? bytes : inflate(bytes, size, where);
  if (unpacked.length !== size || crc32(unpacked) !== checksum) throw damaged(where, 'its checksum is another');
  return unpacked;
};

const inflate = (bytes: Uint8Array, size: number, where: string): Uint8Array => {
  try {
    return inflateRawSync(bytes, { maxOutputLength: Math.max(1, size) });
  } catch (cause) {
    throw damaged(where, (cause as Error).message);
  }
};

interface Directory {
  readonly begin: number;
  readonly end: number;
  readonly count: number;
}

/**
 * Finds the directory by the end record: the last 22 bytes and a comment of at most 65,535; zip64's stands before it.
 */
const findDirectory = async (handle: FileHandle, size: number, path: string): Promise<Directory> => {
  const from = Math.max(0, size - 65_557);
  const tail = viewOf(await readBytes(handle, { offset: from, length: size - from }, path));
  for (let at = tail.byteLength - 22; at >= 0; at -= 1) {
    if (tail.getUint32(at, true) !== signatures.end) continue;
    const isZip64 = at >= 20 && tail.getUint32(at - 20, true) === signatures.locator;
    if (isZip64) return await readEnd64(handle, wide(tail, at - 12), { size, path });
    const [begin, length] = [tail.getUint32(at + 16, true), tail.getUint32(at + 12, true)];
    return { begin, end: begin + length, count: tail.getUint16(at + 10, true) };
  }
  throw damaged(path, 'it has no end record');
};

const readEnd64 = async (
  handle: FileHandle,
  at: number,
  { size, path }: { readonly size: number; readonly path: string },
): Promise<Directory> => {
  if (at + 56 > size) throw damaged(path, `its end record claims to be at byte ${at} of ${size}`);
  const view = viewOf(await readBytes(handle, { offset: at, length: 56 }, path));
  if (view.getUint32(0, true) !== signatures.end64) throw damaged(path, `its end record is not at byte ${at}`);
  const begin = wide(view, 48);
  return { begin, end: begin + wide(view, 40), count: wide(view, 32) };
};

/** An entry of the directory: where its local header is, instead of its bytes. */
interface Listed extends Omit<ZipEntry, 'offset'> {
  readonly local: number;
}

const parseDirectory = (bytes: Uint8Array, count: number, path: string): Map<string, Listed> => {
  const view = viewOf(bytes);
  const entries = new Map<string, Listed>();
  let at = 0;
  for (let i = 0; i < count; i += 1) {
    if (at + 46 > bytes.length || view.getUint32(at, true) !== signatures.entry) {
      throw damaged(path, `entry ${i + 1} of ${count} is not in its directory`);
    }
    const [nameLength, extraLength] = [view.getUint16(at + 28, true), view.getUint16(at + 30, true)];
    const next = at + 46 + nameLength + extraLength + view.getUint16(at + 32, true);
    if (next > bytes.length) throw damaged(path, `entry ${i + 1} of ${count} is longer than its directory`);
    const name = new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + nameLength));
    if (entries.has(name)) throw damaged(path, `it has two files named ${name}`);
    entries.set(name, listedAt(view, at, { name, path }));
    at = next;
  }
  return entries;
};

const listedAt = (
  view: DataView,
  at: number,
  { name, path }: { readonly name: string; readonly path: string },
): Listed => {
  const [flags, method] = [view.getUint16(at + 8, true), view.getUint16(at + 10, true)];
  const extra = extra64(view, at);
  const field = (offset: number): number => {
    const narrow = view.getUint32(at + offset, true);
    if (narrow !== 0xffffffff) return narrow;
    const value = extra.shift();
    if (value === undefined) throw damaged(path, `${name} lacks its size of 64 bits`);
    return value;
  };
  const [size, length, local] = [field(24), field(20), field(42)];
  if (method === 0 && size !== length) throw damaged(path, `${name} claims ${size} bytes and takes ${length}`);
  return { local, length, size, method, isEncrypted: (flags & 1) === 1, checksum: view.getUint32(at + 16, true) };
};

/** The 64-bit numbers in an entry's extra field 1: those that do not fit 32 bits, in their order. */
const extra64 = (view: DataView, at: number): number[] => {
  let field = at + 46 + view.getUint16(at + 28, true);
  const end = field + view.getUint16(at + 30, true);
  while (field + 4 <= end) {
    const length = view.getUint16(field + 2, true);
    if (view.getUint16(field, true) === 1 && field + 4 + length <= end) {
      return Array.from({ length: Math.min(3, Math.floor(length / 8)) }, (_, i) => wide(view, field + 4 + 8 * i));
    }
    field += 4 + length;
  }
  return [];
};

/** Finds a file's bytes behind its local header, whose length only the header itself says. */
const locate = async (
  handle: FileHandle,
  { local, ...entry }: Listed,
  { limit, name, path }: { readonly limit: number; readonly name: string; readonly path: string },
): Promise<ZipEntry> => {
  if (!(local + 30 <= limit)) throw damaged(path, `${name} claims to be at byte ${local}, outside the archive`);
  const view = viewOf(await readBytes(handle, { offset: local, length: 30 }, path));
  const offset = local + 30 + view.getUint16(26, true) + view.getUint16(28, true);
  if (view.getUint32(0, true) !== signatures.local) throw damaged(path, `${name} is not at byte ${local}`);
  if (!(offset + entry.length <= limit))
    throw damaged(path, `${name} claims ${entry.length} bytes from ${offset}, outside the archive`);
  return { ...entry, offset };
};

const refuseOverlap = (entries: ReadonlyMap<string, ZipEntry>, path: string): void => {
  let reached = 0;
  for (const [name, { offset, length }] of [...entries].sort(
    ([, a], [, b]) => a.offset - b.offset || a.length - b.length,
  )) {
    if (offset < reached) throw damaged(path, `${name} lies inside the file before it`);
    reached = offset + length;
  }
};

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

const wide = (view: DataView, at: number): number => Number(view.getBigUint64(at, true));
