import { type FileHandle, open } from 'node:fs/promises';
import { UserError } from '../errors.ts';

/** @throws UserError where there is no such file. The caller closes it. */
export const openForReading = async (path: string): Promise<FileHandle> => {
  const handle = await open(path, 'r').catch((error: unknown) => {
    throw new UserError(`${path}: it cannot be opened (${String(error)}): check the path`, { cause: error });
  });
  if ((await handle.stat()).isFile()) return handle;
  await handle.close();
  throw new UserError(`${path}: it is not a file: give the path of a file of weights`);
};

/** Fresh bytes at the start of their own buffer, so that every width of number is aligned. */
export const readBytes = async (
  handle: FileHandle,
  { begin, end }: { begin: number; end: number },
  path: string,
): Promise<Uint8Array<ArrayBuffer>> => {
  const bytes = new Uint8Array(end - begin);
  const most = 2 ** 26;
  for (let done = 0; done < bytes.length; ) {
    const { bytesRead } = await handle.read(bytes, done, Math.min(most, bytes.length - done), begin + done);
    if (bytesRead === 0) {
      throw new UserError(`${path}: it ended at byte ${begin + done} of ${end} while it was read: copy it again`);
    }
    done += bytesRead;
  }
  return bytes;
};
