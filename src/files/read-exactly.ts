import { constants } from 'node:buffer';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { totalmem } from 'node:os';
import { UserError } from '../errors.ts';

/**
 * Opens a file, and only a file: to open a pipe would wait for whoever writes it.
 *
 * @throws UserError where there is no such file. The caller closes it.
 */
export const openForReading = async (path: string): Promise<FileHandle> => {
  const refuse = (cause: unknown): never => {
    throw new UserError(`${path}: it cannot be opened (${(cause as NodeJS.ErrnoException).code}): check the path`, {
      cause,
    });
  };
  if ((await stat(path).catch(refuse)).isFile()) return await open(path, 'r').catch(refuse);
  throw new UserError(`${path}: it is not a file: give the path of a file of weights`);
};

/** Most bytes at once: Node.js has no longer array, and this machine not more memory. */
const mostBytes = (): number => Math.min(constants.MAX_LENGTH, totalmem());

/**
 * Fresh bytes at the start of their own buffer, so that every width of number is aligned.
 *
 * @throws UserError where the file ends before, or no array is long enough.
 */
export const readBytes = async (
  handle: FileHandle,
  { begin, end }: { begin: number; end: number },
  path: string,
): Promise<Uint8Array<ArrayBuffer>> => {
  if (!fitsInMemory(end - begin)) {
    throw new UserError(
      `${path}: ${end - begin} bytes of it belong together, where ${mostBytes()} fit: it is no model for here`,
    );
  }
  const bytes = new Uint8Array(end - begin);
  await readInto(handle, bytes, { begin, path });
  return bytes;
};

/** Whether there can be an array of so many bytes. */
export const fitsInMemory = (bytes: number): boolean => bytes <= mostBytes();

/** Fills `bytes` with those of the file from `begin` on. @throws UserError where the file ends before. */
export const readInto = async (
  handle: FileHandle,
  bytes: Uint8Array,
  { begin, path }: { readonly begin: number; readonly path: string },
): Promise<void> => {
  const most = 2 ** 26;
  for (let done = 0; done < bytes.length; ) {
    const { bytesRead } = await handle.read(bytes, done, Math.min(most, bytes.length - done), begin + done);
    if (bytesRead === 0) {
      throw new UserError(
        `${path}: it ended at byte ${begin + done} of ${begin + bytes.length} while it was read: copy it again`,
      );
    }
    done += bytesRead;
  }
};
