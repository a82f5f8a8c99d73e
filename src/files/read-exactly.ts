import { constants } from 'node:buffer';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { totalmem } from 'node:os';
import { UserError } from '../errors.ts';

/** Source of bytes: an open file, or bytes in memory. */
export interface ByteSource {
  read(into: Uint8Array, at: number, length: number, position: number): Promise<{ readonly bytesRead: number }>;
}

/** Bytes in memory that are read as a file is. */
export const sourceOf = (bytes: Uint8Array): ByteSource => ({
  read: async (into, at, length, position) => {
    const part = bytes.subarray(position, position + length);
    into.set(part, at);
    return { bytesRead: part.length };
  },
});

/** Part of a file, in bytes. */
export interface ByteRange {
  readonly offset: number;
  readonly length: number;
}

/**
 * Opens a regular file; opening a pipe would wait for whoever writes it. The caller closes it.
 *
 * @throws UserError where there is no such file, or it may not be read.
 */
export const openForReading = async (path: string): Promise<FileHandle> => {
  const refuse = (cause: NodeJS.ErrnoException): never => {
    throw new UserError(`${path}: it cannot be opened (${cause.code}): check the path`, { cause });
  };
  if ((await stat(path).catch(refuse)).isFile()) return await open(path, 'r').catch(refuse);
  throw new UserError(`${path}: it is not a file: give the path of a file`);
};

/** Most bytes of one array: the limit of Node.js, and the memory of this machine. */
const mostBytes = (): number => Math.min(constants.MAX_LENGTH, totalmem());

/** Whether an array of so many bytes can exist here. */
export const fitsInMemory = (bytes: number): boolean => bytes <= mostBytes();

/**
 * Reads a range of an open file into a new array that starts at the beginning of its buffer, so that every width of
 * number is aligned.
 *
 * @throws UserError where the file ends before the range does, or the range does not fit in memory.
 */
export const readBytes = async (
  handle: ByteSource,
  { offset, length }: ByteRange,
  path: string,
): Promise<Uint8Array<ArrayBuffer>> => {
  if (!fitsInMemory(length)) {
    throw new UserError(`${path}: ${length} bytes of it belong together, where ${mostBytes()} fit in memory here`);
  }
  const bytes = new Uint8Array(length);
  await readInto(handle, bytes, { begin: offset, path });
  return bytes;
};

/** Fills `bytes` from byte `begin` of the file on. @throws UserError where the file ends before. */
export const readInto = async (
  handle: ByteSource,
  bytes: Uint8Array,
  { begin, path }: { readonly begin: number; readonly path: string },
): Promise<void> => {
  const count = await readUpTo(handle, bytes, begin);
  if (count === bytes.length) return;
  throw new UserError(
    `${path}: it ends at byte ${begin + count}, where ${begin + bytes.length} are needed: it is cut short: get or make it again`,
  );
};

/** Most bytes of one read call. */
const READ_BYTES = 2 ** 26;

/** Fills `bytes` from byte `begin` of the file on, as far as the file goes. → the number of bytes read */
export const readUpTo = async (handle: ByteSource, bytes: Uint8Array, begin: number): Promise<number> => {
  for (let done = 0; done < bytes.length; ) {
    const { bytesRead } = await handle.read(bytes, done, Math.min(READ_BYTES, bytes.length - done), begin + done);
    if (bytesRead === 0) return done;
    done += bytesRead;
  }
  return bytes.length;
};

/**
 * Reads a range of a file. The file is opened for this one read, so that examples hold no handle that someone would
 * have to close.
 *
 * @throws UserError where the file cannot be read or ends before the range does.
 */
export const readRange = async (path: string, range: ByteRange): Promise<Uint8Array> => {
  const handle = await openForReading(path);
  try {
    return await readBytes(handle, range, path);
  } finally {
    await handle.close();
  }
};
