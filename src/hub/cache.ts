import { copyFile, mkdir, readdir, readFile, rm, stat, symlink } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { writeAtomically } from '../files/atomic-write.ts';
import { explainDisk, makeFolder } from '../files/disk-errors.ts';
import type { Repository } from './address.ts';
import type { HubSettings } from './settings.ts';

/**
 * A repository in the cache, laid out as Python's huggingface_hub does it, so that each finds what the other has fetched:
 *
 *   models--org--name/blobs/<sha256, or git's sha1>
 *   models--org--name/refs/main                         the commit that it was
 *   models--org--name/snapshots/<commit>/config.json -> ../../blobs/…
 *   .locks/models--org--name/<sha256>.lock
 */
export interface CachedRepository {
  readonly folder: string;
  readonly locks: string;
  readonly blob: (etag: string) => string;
  readonly snapshot: (commit: string) => string;
}

/** Places of a repository in the cache. */
export const cachedRepository = ({ kind, id }: Repository, { cache }: HubSettings): CachedRepository => {
  const name = [`${kind}s`, ...id.split('/')].join('--');
  const folder = join(cache, name);
  return {
    folder,
    locks: join(cache, '.locks', name),
    blob: (etag) => join(folder, 'blobs', etag),
    snapshot: (commit) => join(folder, 'snapshots', commit),
  };
};

/** Whether a revision is a commit, which never changes. */
export const isCommit = (revision: string): boolean => /^[0-9a-f]{40}$/.test(revision);

/** The commit that a revision was when it was last asked for; undefined where it never was. */
export const readRef = async ({ folder }: CachedRepository, revision: string): Promise<string | undefined> => {
  if (isCommit(revision)) return revision;
  const text = await readFile(join(folder, 'refs', revision), 'utf8').catch(() => '');
  return isCommit(text.trim()) ? text.trim() : undefined;
};

/** Notes the commit of a revision. */
export const writeRef = async ({ folder }: CachedRepository, revision: string, commit: string): Promise<void> => {
  if (isCommit(revision)) return;
  const path = join(folder, 'refs', revision);
  if ((await readFile(path, 'utf8').catch(() => '')) === commit) return;
  await makeFolder(dirname(path));
  await writeAtomically(path, (append) => append(new TextEncoder().encode(commit)));
};

/** Paths of the files of a snapshot that are there, sorted; none where it is not. A link to nothing is no file. */
export const filesOfSnapshot = async (folder: string): Promise<string[]> => {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => []);
  const paths = entries.filter((entry) => !entry.isDirectory()).map((entry) => join(entry.parentPath, entry.name));
  const there = await Promise.all(paths.map((path) => isFileThere(path)));
  return paths
    .filter((_, i) => there[i])
    .map((path) => relative(folder, path).replaceAll('\\', '/'))
    .sort();
};

/** Whether there is a file, and not a link to nothing. */
export const isFileThere = async (path: string): Promise<boolean> =>
  await stat(path).then(
    (stats) => stats.isFile(),
    () => false,
  );

/** Gives a blob its name in a snapshot: by a relative link or, where the disk has none, as a copy. */
export const linkBlob = async (blob: string, path: string): Promise<void> => {
  if (await isFileThere(path)) return;
  try {
    await mkdir(dirname(path), { recursive: true });
    await rm(path, { force: true });
    await symlink(relative(dirname(path), blob), path).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST') return;
      if (error.code !== 'EPERM' && error.code !== 'ENOSYS' && error.code !== 'ENOTSUP') throw error;
      await copyFile(blob, path);
    });
  } catch (error) {
    throw explainDisk(path, error);
  }
};
