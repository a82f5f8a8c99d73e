import { openAsBlob } from 'node:fs';
import { UserError } from '../errors.ts';
import { type Repository, repositoryOf } from './address.ts';
import { listRepository } from './listing.ts';
import { createRequest, HubRefusal, type HubRequest, type RequestOptions, UnreachableError } from './request.ts';
import { type HubSettings, hubSettings } from './settings.ts';

/** Progress of pushing a file. */
export interface PushProgress {
  readonly file: string;
  /** From 0 to 1. */
  readonly done: number;
}

/** Options of pushing to the Hub. */
export interface PushOptions extends RequestOptions {
  /** Whether a repository that is made now is seen by its owner alone. Default: what the organisation says. */
  readonly visibility?: 'public' | 'private' | undefined;
  /** Title of the commit. */
  readonly message?: string | undefined;
  /** Called as files are read and sent. */
  readonly onPush?: ((progress: PushProgress) => void) | undefined;
}

/** A commit on the Hub. */
export interface Pushed {
  readonly commit: string;
  /** Page of the repository. */
  readonly url: string;
  /** Whether the repository was made now. */
  readonly isNew: boolean;
  /** Paths of the files in it that were written. */
  readonly files: readonly string[];
}

/** Files to push: the path on the disk of each, by its path in the repository. */
export type FilesToPush = ReadonlyMap<string, string>;

/**
 * Pushes files to a repository of models in one commit: all of them are there, or none. The repository is made if need be.
 *
 * @param choose gives the files, told the paths of those that are there.
 * @throws UserError where there is no token, it may not write there, or the Hub cannot be reached.
 */
export const pushFiles = async (
  name: string,
  choose: (there: readonly string[]) => Promise<FilesToPush>,
  options: PushOptions = {},
): Promise<Pushed> => {
  const [repository, settings] = [repositoryOf(name, 'model'), hubSettings()];
  checkPushable(name, repository, settings);
  const request = createRequest(repository, settings, options);
  try {
    const there = await filesThere({ repository, settings, request }, options);
    const files = await choose(there ?? []);
    const commit = await commitFiles(files, { repository, settings, request }, options);
    const url = `${settings.endpoint}/${repository.id}`;
    return { commit, url, isNew: there === undefined, files: [...files.keys()] };
  } catch (error) {
    if (!(error instanceof UnreachableError)) throw error;
    throw new UserError(`${name}: ${error.message}: nothing was pushed: try again where there is a network`, {
      cause: error,
    });
  }
};

const checkPushable = (name: string, { id, path }: Repository, { isOffline, token }: HubSettings): void => {
  if (!id.includes('/') || path !== undefined)
    throw new UserError(`${name}: a model is pushed to a repository of its own: write org/name`);
  if (isOffline) throw new UserError(`${name}: HF_HUB_OFFLINE is set: unset it to push`);
  if (token === undefined)
    throw new UserError(`${name}: pushing needs a token that may write: set HF_TOKEN, or run \`hf auth login\``);
};

interface Place {
  readonly repository: Repository;
  readonly settings: HubSettings;
  readonly request: HubRequest;
}

/** Paths of the files of a repository; it is made where it is not there, and undefined is returned. */
const filesThere = async (
  { repository, settings, request }: Place,
  { visibility }: PushOptions,
): Promise<string[] | undefined> => {
  try {
    const { files } = await listRepository(repository, settings, request);
    return files.map(({ path }) => path);
  } catch (error) {
    if (!(error instanceof HubRefusal) || error.status !== 404) throw error;
  }
  const { createRepo } = await import('@huggingface/hub');
  const how = { hubUrl: settings.endpoint, fetch: request as typeof fetch };
  // the token goes with every request; the library would take those of the public Hub alone
  const repo = { type: 'model', name: repository.id } as const;
  await createRepo({ repo, ...how, ...(visibility && { visibility }) } as Parameters<typeof createRepo>[0]);
  return undefined;
};

const commitFiles = async (
  files: FilesToPush,
  { repository, settings, request }: Place,
  { message = 'Push a model by dide', onPush, signal }: PushOptions,
): Promise<string> => {
  const { commitIter } = await import('@huggingface/hub');
  const operations = await Promise.all(
    [...files].map(async ([path, file]) => ({
      ...{ operation: 'addOrUpdate' as const, path },
      content: await openAsBlob(file),
    })),
  );
  const steps = commitIter({
    ...{ repo: { type: 'model', name: repository.id }, title: message, operations, branch: repository.revision },
    ...{ hubUrl: settings.endpoint, fetch: request as typeof fetch },
    ...(signal && { abortSignal: signal }),
  });
  for (;;) {
    const step = await steps.next().catch((error: unknown) => {
      signal?.throwIfAborted();
      throw error;
    });
    if (step.done) return step.value!.commit.oid;
    if (step.value.event === 'fileProgress') onPush?.({ file: step.value.path, done: step.value.progress });
  }
};
