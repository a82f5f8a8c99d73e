import { readFile } from 'node:fs/promises';
import { crc32, inflateRawSync } from 'node:zlib';
import { UserError } from '../errors.ts';

/** The bytes of each file of an archive, unpacked when they are asked for. */
export type Archive = ReadonlyMap<string, () => Uint8Array>;

/** Largest file of an archive, in bytes; a damaged directory must not fill the memory. */
const LARGEST = 256 * 2 ** 20;

const signatures = { local: 0x04034b50, entry: 0x02014b50, end: 0x06054b50 };

/** How a file is packed: as it is, or by deflate. */
const methods: Readonly<Record<number, (bytes: Uint8Array, size: number) => Uint8Array>> = {
  0: (bytes) => bytes,
  8: (bytes, size) => inflateRawSync(bytes, { maxOutputLength: Math.max(1, size) }),
};

/**
 * The files of a small zip archive by name: a wheel of Python, stored or deflated. It is read whole, and each file is
 * held against the checksum that the archive has of it.
 *
 * @throws UserError where the file cannot be read or is no such archive; a file's own reader, where that is damaged.
 */
export const readZip = async (path: string): Promise<Archive> => {
  const bytes = await readFile(path).catch((cause: NodeJS.ErrnoException) => {
    throw new UserError(`${path}: cannot be read (${cause.code}): check the path.`, { cause });
  });
  const { at: first, count } = directoryOf(bytes, path);
  const files = new Map<string, () => Uint8Array>();
  let at = first;
  for (let i = 0; i < count; i += 1) {
    if (at + 46 > bytes.length || bytes.readUInt32LE(at) !== signatures.entry)
      throw damaged(path, `entry ${i + 1} of ${count} is not in its directory`);
    const [nameLength, extra, comment] = [28, 30, 32].map((field) => bytes.readUInt16LE(at + field)) as Lengths;
    const name = bytes.toString('utf8', at + 46, at + 46 + nameLength);
    files.set(name, readerOf(bytes, at, `${path}, ${name}`));
    at += 46 + nameLength + extra + comment;
  }
  return files;
};

type Lengths = [name: number, extra: number, comment: number];

const damaged = (where: string, what: string): UserError =>
  new UserError(`${where}: no whole zip archive: ${what}: get it again.`);

/** The end record is the last 22 bytes and a comment of at most 65,535. */
const directoryOf = (bytes: Buffer, path: string): { at: number; count: number } => {
  for (let at = bytes.length - 22; at >= Math.max(0, bytes.length - 65_557); at -= 1) {
    if (bytes.readUInt32LE(at) !== signatures.end) continue;
    return { at: bytes.readUInt32LE(at + 16), count: bytes.readUInt16LE(at + 10) };
  }
  throw damaged(path, 'it has no end record');
};

/** Of the file whose entry in the directory is at `at`; the header before its bytes says how long it is itself. */
const readerOf = (bytes: Buffer, at: number, where: string) => {
  const method = bytes.readUInt16LE(at + 10);
  const [checksum, packed, size, local] = [16, 20, 24, 42].map((field) => bytes.readUInt32LE(at + field)) as Sizes;
  return (): Uint8Array => {
    if (local + 30 > bytes.length || bytes.readUInt32LE(local) !== signatures.local)
      throw damaged(where, `it is not at byte ${local}`);
    const begin = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28);
    const unpack = methods[method];
    if (!unpack) throw damaged(where, `it is packed by method ${method}, and only 0 and 8 are known`);
    if (size > LARGEST) throw damaged(where, `it claims ${size} bytes`);
    const unpacked = whole(() => unpack(bytes.subarray(begin, begin + packed), size), where);
    if (unpacked.length !== size || crc32(unpacked) !== checksum) throw damaged(where, 'its checksum is another');
    return unpacked;
  };
};

type Sizes = [checksum: number, packed: number, size: number, local: number];

const whole = (unpack: () => Uint8Array, where: string): Uint8Array => {
  try {
    return unpack();
  } catch (cause) {
    throw damaged(where, (cause as Error).message);
  }
};
