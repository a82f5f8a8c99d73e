import type { FileHandle } from 'node:fs/promises';
import { UserError } from '../errors.ts';
import { readBytes } from './read-exactly.ts';

/** Where one file of an archive lies in it: bytes `begin` to `end`, as they are. */
export interface ZipEntry {
  readonly begin: number;
  readonly end: number;
}

/** A directory longer than this is no checkpoint's. Bytes. */
const LONGEST_DIRECTORY = 2 ** 26;

/** A model has hundreds of storages; each entry costs a look at its place in the file. */
const MOST_ENTRIES = 2 ** 16;

const signatures = { local: 0x04034b50, entry: 0x02014b50, end: 0x06054b50, end64: 0x06064b50, locator: 0x07064b50 };

/**
 * The files of a zip archive by name, where all are stored uncompressed, as PyTorch stores them; zip64 included. What
 * it returns lies inside the file and does not overlap, so that nothing can be larger unpacked than it is.
 *
 * @throws UserError where the archive is cut short, inconsistent, compressed or encrypted.
 */
export const readZipDirectory = async (
  handle: FileHandle,
  size: number,
  path: string,
): Promise<ReadonlyMap<string, ZipEntry>> => {
  const { begin, end, count } = await findDirectory(handle, size, path);
  if (begin > end || end > size || end - begin > LONGEST_DIRECTORY) {
    throw brokenZip(path, `its directory claims bytes ${begin} to ${end} of ${size}`);
  }
  if (count > MOST_ENTRIES) throw brokenZip(path, `it claims ${count} files, where no model has ${MOST_ENTRIES}`);
  const listed = parseDirectory(await readBytes(handle, { begin, end }, path), count, path);
  const entries = new Map<string, ZipEntry>();
  for (const [name, entry] of listed) entries.set(name, await placed(handle, entry, { begin, name, path }));
  refuseOverlap(entries, path);
  return entries;
};

const brokenZip = (path: string, what: string): UserError =>
  new UserError(`${path}: ${what}: the archive is cut short or damaged, copy it again`);

interface Directory {
  readonly begin: number;
  readonly end: number;
  readonly count: number;
}

/** The end record is the last 22 bytes and a comment of at most 65,535; zip64's stands before it. */
const findDirectory = async (handle: FileHandle, size: number, path: string): Promise<Directory> => {
  const from = Math.max(0, size - 65_557);
  const tail = viewOf(await readBytes(handle, { begin: from, end: size }, path));
  for (let at = tail.byteLength - 22; at >= 0; at -= 1) {
    if (tail.getUint32(at, true) !== signatures.end) continue;
    const isZip64 = at >= 20 && tail.getUint32(at - 20, true) === signatures.locator;
    if (isZip64) return await readEnd64(handle, wide(tail, at - 12), { size, path });
    const [begin, length] = [tail.getUint32(at + 16, true), tail.getUint32(at + 12, true)];
    return { begin, end: begin + length, count: tail.getUint16(at + 10, true) };
  }
  throw brokenZip(path, 'it begins as a zip archive and has no end');
};

const readEnd64 = async (
  handle: FileHandle,
  at: number,
  { size, path }: { readonly size: number; readonly path: string },
): Promise<Directory> => {
  if (at + 56 > size) throw brokenZip(path, `its end record claims to be at byte ${at} of ${size}`);
  const view = viewOf(await readBytes(handle, { begin: at, end: at + 56 }, path));
  if (view.getUint32(0, true) !== signatures.end64) throw brokenZip(path, `its end record is not at byte ${at}`);
  const begin = wide(view, 48);
  return { begin, end: begin + wide(view, 40), count: wide(view, 32) };
};

interface Listed {
  readonly local: number;
  readonly size: number;
}

const parseDirectory = (bytes: Uint8Array, count: number, path: string): Map<string, Listed> => {
  const view = viewOf(bytes);
  const entries = new Map<string, Listed>();
  let at = 0;
  for (let i = 0; i < count; i += 1) {
    if (at + 46 > bytes.length || view.getUint32(at, true) !== signatures.entry) {
      throw brokenZip(path, `entry ${i + 1} of ${count} is not in its directory`);
    }
    const [nameLength, extraLength] = [view.getUint16(at + 28, true), view.getUint16(at + 30, true)];
    const next = at + 46 + nameLength + extraLength + view.getUint16(at + 32, true);
    if (next > bytes.length) throw brokenZip(path, `entry ${i + 1} of ${count} is longer than its directory`);
    const name = new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + nameLength));
    if (entries.has(name)) throw brokenZip(path, `it has two files named ${name}`);
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
  if (method !== 0 || flags & 1) {
    throw new UserError(
      `${path}: ${name} is ${flags & 1 ? 'encrypted' : 'compressed'}: PyTorch stores its files as they are, so this is no checkpoint. Unpack it, or save it again with torch.save.`,
    );
  }
  const extra = extra64(view, at);
  const field = (offset: number): number => {
    const narrow = view.getUint32(at + offset, true);
    if (narrow !== 0xffffffff) return narrow;
    const value = extra.shift();
    if (value === undefined) throw brokenZip(path, `${name} lacks its size of 64 bits`);
    return value;
  };
  const [size, packed, local] = [field(24), field(20), field(42)];
  if (size !== packed) throw brokenZip(path, `${name} claims ${size} bytes and takes ${packed}`);
  return { local, size };
};

/** The numbers of 64 bits in an entry's extra field 1: those that did not fit 32, in their order. */
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

/** The local header before a file's bytes says how long it is itself. */
const placed = async (
  handle: FileHandle,
  { local, size }: Listed,
  { begin: limit, name, path }: { readonly begin: number; readonly name: string; readonly path: string },
): Promise<ZipEntry> => {
  if (!(local + 30 <= limit)) throw brokenZip(path, `${name} claims to be at byte ${local}, outside the archive`);
  const view = viewOf(await readBytes(handle, { begin: local, end: local + 30 }, path));
  const begin = local + 30 + view.getUint16(26, true) + view.getUint16(28, true);
  if (view.getUint32(0, true) !== signatures.local) throw brokenZip(path, `${name} is not at byte ${local}`);
  if (!(begin + size <= limit))
    throw brokenZip(path, `${name} claims ${size} bytes from ${begin}, outside the archive`);
  return { begin, end: begin + size };
};

const refuseOverlap = (entries: ReadonlyMap<string, ZipEntry>, path: string): void => {
  let reached = 0;
  for (const [name, { begin, end }] of [...entries].sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end)) {
    if (begin < reached) throw brokenZip(path, `${name} lies inside the file before it`);
    reached = end;
  }
};

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

const wide = (view: DataView, at: number): number => Number(view.getBigUint64(at, true));
