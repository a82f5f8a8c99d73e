import { type FileHandle, open } from 'node:fs/promises';
import { UserError } from '../errors.ts';

/** Part of a file, in bytes. */
export interface ByteRange {
  readonly offset: number;
  readonly length: number;
}

/**
 * Reads part of a file and nothing else of it. The file is opened for this one read, so that examples hold no handle
 * that somebody would have to close.
 *
 * @throws UserError when the file cannot be read or ends before the range does.
 */
export const readRange = async (path: string, range: ByteRange): Promise<Uint8Array> => {
  const handle = await openFile(path);
  try {
    return await readFrom(handle, path, range);
  } finally {
    await handle.close();
  }
};

/** @throws UserError when the file cannot be opened. */
export const openFile = (path: string): Promise<FileHandle> =>
  open(path).catch((cause: NodeJS.ErrnoException) => {
    throw new UserError(`${path}: cannot be opened (${cause.code}): check the path.`, { cause });
  });

/** The same from a file that is open. */
export const readFrom = async (
  handle: FileHandle,
  path: string,
  { offset, length }: ByteRange,
): Promise<Uint8Array> => {
  const bytes = new Uint8Array(length);
  for (let done = 0; done < length; ) {
    const { bytesRead } = await handle.read(bytes, done, length - done, offset + done);
    if (bytesRead === 0)
      throw new UserError(
        `${path}: ends at byte ${offset + done}, within what should be ${length} bytes: it is cut short: get it again.`,
      );
    done += bytesRead;
  }
  return bytes;
};
