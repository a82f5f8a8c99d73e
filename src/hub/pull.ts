import { join } from 'node:path';
import { UserError } from '../errors.ts';
import { mapConcurrent } from '../files/map-concurrent.ts';
import { type Repository, shownRepository } from './address.ts';
import { cachedRepository, filesOfSnapshot, isCommit, linkBlob, readRef, writeRef } from './cache.ts';
import { type Download, downloadBlob, type HubFile } from './download.ts';
import { type Listing, listRepository } from './listing.ts';
import { createRequest, type RequestOptions, UnreachableError } from './request.ts';
import { type HubSettings, hubSettings } from './settings.ts';

/** Progress of fetching the files of a repository. */
export interface PullProgress {
  /** `org/name`. */
  readonly id: string;
  /** File that is being fetched. */
  readonly file: string;
  /** Bytes that are there, and of all files that are needed. */
  readonly done: number;
  readonly of: number;
}

/** Options of fetching from the Hub. */
export interface PullOptions extends RequestOptions {
  /** Called as bytes arrive; not where all files are there already. */
  readonly onPull?: ((progress: PullProgress) => void) | undefined;
}

/** Files of a repository in the cache, fetched now or there before. */
export interface Pulled {
  /** Folder of the repository at that commit, in the cache. */
  readonly folder: string;
  readonly commit: string;
  /** Paths of the needed files in it. */
  readonly files: readonly string[];
  /** Bytes that were fetched now; undefined where the Hub was not asked. */
  readonly fetched: number | undefined;
}

/** Chooses of the files of a repository those that are needed; `read` gives the path on the disk of one of them. */
export type Choose = (names: readonly string[], read: (name: string) => Promise<string>) => Promise<readonly string[]>;

/**
 * Fetches the files of a repository that are needed into the cache of the Hub, unless they are there. Offline, or where
 * there is no way to the Hub, those of the cache serve.
 *
 * @throws UserError where the Hub refuses, a file is not what the Hub lists, the disk is full, or there is neither the Hub
 * nor a copy in the cache.
 */
export const pullRepository = async (
  repository: Repository,
  choose: Choose,
  options: PullOptions = {},
): Promise<Pulled> => {
  const settings = hubSettings();
  // a commit never changes: what was fetched of it is asked for no more
  if (settings.isOffline || isCommit(repository.revision)) {
    const found = await pullCached(repository, settings, choose);
    if (found instanceof Error && settings.isOffline) throw notCached(repository, settings, found);
    if (!(found instanceof Error)) return found;
  }
  const request = createRequest(repository, settings, options);
  const listing = await listRepository(repository, settings, request).catch((error: unknown) => {
    if (error instanceof UnreachableError) return error;
    throw error;
  });
  if ('files' in listing) return await pullListed(listing, { repository, settings, request, ...options }, choose);
  const found = await pullCached(repository, settings, choose);
  if (found instanceof Error) throw notCached(repository, settings, listing);
  options.onNotice?.(`${listing.message}: ${shownRepository(repository)} is read as it was fetched before.`);
  return found;
};

type Listed = Omit<Download, 'cached' | 'commit' | 'onBytes'> & PullOptions;

const pullListed = async ({ commit, files }: Listing, listed: Listed, choose: Choose): Promise<Pulled> => {
  const { repository, settings, onPull } = listed;
  const cached = cachedRepository(repository, settings);
  const folder = cached.snapshot(commit);
  const there = new Set(await filesOfSnapshot(folder));
  /** Bytes of each file that have come, now or just before. */
  const come = new Map<string, number>();
  let [fetched, of] = [0, 0];
  const fetchFile = async (file: HubFile): Promise<void> => {
    if (there.has(file.path)) return;
    const onBytes = (bytes: number): void => {
      if (come.get(file.path) === bytes) return;
      fetched += bytes - (come.get(file.path) ?? 0);
      come.set(file.path, bytes);
      onPull?.({ id: repository.id, file: file.path, done: fetched, of });
    };
    const blob = await downloadBlob(file, { ...listed, cached, commit, onBytes });
    await linkBlob(blob, join(folder, file.path));
    there.add(file.path);
  };
  const fileNamed = new Map(files.map((file) => [file.path, file]));
  const names = await choose([...fileNamed.keys()], async (name) => {
    const file = fileNamed.get(name)!;
    of = fetched + file.bytes;
    await fetchFile(file);
    return join(folder, name);
  });
  const wanted = names.map((name) => fileNamed.get(name)!).filter(({ path }) => !there.has(path));
  of = fetched + wanted.reduce((sum, { bytes }) => sum + bytes, 0);
  // a data set may be thousands of small pictures
  await mapConcurrent(wanted, fetchFile);
  // only now: whoever reads the cache offline finds all or nothing new
  await writeRef(cached, repository.revision, commit);
  return { folder, commit, files: names, fetched };
};

/** Files of a repository in the cache, or the reason why they are not enough. */
const pullCached = async (
  repository: Repository,
  settings: HubSettings,
  choose: Choose,
): Promise<Pulled | UserError> => {
  const cached = cachedRepository(repository, settings);
  const commit = await readRef(cached, repository.revision);
  if (commit === undefined) return new UserError(`revision ${repository.revision} is not in the cache`);
  const folder = cached.snapshot(commit);
  try {
    const names = await filesOfSnapshot(folder);
    if (names.length === 0) return new UserError('none of its files are in the cache');
    const files = await choose(names, async (name) => join(folder, name));
    return { folder, commit, files, fetched: undefined };
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
};

const notCached = (repository: Repository, settings: HubSettings, why: UserError): UserError => {
  const { folder } = cachedRepository(repository, settings);
  const flag = repository.kind === 'dataset' ? '--data ' : '';
  const shown = shownRepository(repository) + (repository.path ? `/${repository.path}` : '');
  const offline = settings.isOffline ? 'HF_HUB_OFFLINE is set, and ' : '';
  return new UserError(
    `${shown}: ${repository.kind === 'model' ? 'there is no such path here; ' : ''}${offline}${why.message}, and the cache of the Hub does not hold it: where there is a network, run \`dide pull ${flag}${shown}\`, and copy what is then in the cache there to ${folder}`,
    { cause: why },
  );
};
