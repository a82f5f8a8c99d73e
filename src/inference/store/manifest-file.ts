import { join } from 'node:path';
import { writeAtomically } from '../../files/atomic-write.ts';
import { readError } from '../../files/disk-errors.ts';
import { parseJson } from '../../files/json.ts';
import { openCurrent } from '../../files/replace-together.ts';
import { cacheFiles } from './file-names.ts';
import { type About, parseAbout } from './manifest.ts';

/** Reads the manifest of a folder; undefined where there is none. @throws UserError where it is not ours. */
export const readAbout = async (folder: string): Promise<About | undefined> => {
  const path = join(folder, cacheFiles.about);
  await using handle = await openCurrent(path).catch((error: unknown) => {
    throw readError(path, error);
  });
  if (!handle) return undefined;
  return parseAbout(parseJson(await handle.readFile('utf8')), path);
};

/** Writes the manifest of a cache. @throws UserError where the disk refuses. */
export const writeAbout = (folder: string, about: About): Promise<void> =>
  writeAtomically(join(folder, cacheFiles.about), (append) =>
    append(Buffer.from(`${JSON.stringify(about, null, 2)}\n`)),
  );
