import { UserError } from '../errors.ts';
import { isInside, type Repository, shownRepository } from './address.ts';
import type { HubFile } from './download.ts';
import type { HubRequest } from './request.ts';
import type { HubSettings } from './settings.ts';

/** The files of a repository at a commit. */
export interface Listing {
  readonly commit: string;
  readonly files: readonly HubFile[];
}

/**
 * Asks for the commit of a revision, and for its files.
 *
 * @throws UserError where there is no such repository or revision, where it may not be read, or where a file has a name
 * that leads out of a folder. UnreachableError where there is no way to the Hub.
 */
export const listRepository = async (
  repository: Repository,
  settings: HubSettings,
  request: HubRequest,
): Promise<Listing> => {
  const { datasetInfo, listFiles, modelInfo } = await import('@huggingface/hub');
  const { kind, id, revision } = repository;
  const how = { hubUrl: settings.endpoint, fetch: request as typeof fetch };
  const about = { name: id, revision, ...how };
  const { sha: commit } =
    kind === 'model'
      ? await modelInfo({ ...about, additionalFields: ['sha'] })
      : await datasetInfo({ ...about, additionalFields: ['sha'] });
  const files: HubFile[] = [];
  const repo = { type: kind, name: id };
  for await (const { type, path, size, lfs, oid } of listFiles({ repo, revision: commit, recursive: true, ...how })) {
    if (type !== 'file') continue;
    const etag = lfs?.oid ?? oid ?? '';
    if (!isInside(path) || !/^[0-9a-f]{40}([0-9a-f]{24})?$/.test(etag))
      throw new UserError(
        `${shownRepository(repository)}: it lists a file ${JSON.stringify(path)} with the digest ${JSON.stringify(etag)}: such a file is not fetched: tell whoever keeps it`,
      );
    files.push({ path, bytes: lfs?.size ?? size, etag });
  }
  return { commit, files };
};
