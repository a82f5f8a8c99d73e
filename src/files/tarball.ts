import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';
import { UserError } from '../errors.ts';

/**
 * Some files of an npm package's tarball, by name: `package/data.json`. The others are passed over.
 *
 * @throws UserError where the tarball cannot be read, or is cut short or damaged.
 */
export const readTarball = async (
  path: string,
  isWanted: (name: string) => boolean,
): Promise<ReadonlyMap<string, Uint8Array>> => {
  const files = new Map<string, Uint8Array>();
  const archive = extract();
  pipeline(createReadStream(path), createGunzip(), archive, () => {});
  try {
    for await (const entry of archive) {
      const { name, type } = entry.header;
      if (type !== 'file' || !isWanted(name)) entry.resume();
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

/** One file of a package's, as JSON. @throws UserError where it is not there. */
export const jsonIn = (files: ReadonlyMap<string, Uint8Array>, name: string, path: string): unknown => {
  const bytes = files.get(name);
  if (!bytes) throw new UserError(`${path}: has no ${name}: it is not the package that was asked for.`);
  return JSON.parse(Buffer.from(bytes).toString('utf8'));
};
