import { basename } from 'node:path';
import { UserError } from '../errors.ts';
import type { ByteRange } from '../files/read-exactly.ts';
import { type Repository, shownRepository } from './address.ts';
import { type DataOptions, ofRepository } from './dataset.ts';
import { type HubFile, urlOf } from './download.ts';
import { listRepository } from './listing.ts';
import type { Choose } from './pull.ts';
import { CutError, createRequest, cutError, type HubRequest } from './request.ts';
import { type HubSettings, hubSettings } from './settings.ts';

/** A file of the Hub that is read where it is, by ranges. */
export interface RemoteFile {
  /** Its address, for messages: `hf+stream:org/name/data/train-00000-of-00001.parquet`. */
  readonly path: string;
  /** Its path in the folder that the address names. */
  readonly name: string;
  readonly size: number;
  /** Reads a range. @throws UserError where the Hub does not send it. */
  readonly read: (range: ByteRange) => Promise<Uint8Array>;
}

/**
 * Finds the parquet files of a data set that is read where it is. Nothing is kept, and what comes is checked as the
 * format allows it, by no digest.
 *
 * @param name `hf+stream:org/name`.
 * @throws UserError where the Hub refuses or cannot be reached, or the data set has no parquet files.
 */
export const openRemoteData = async (name: string, options: DataOptions = {}): Promise<RemoteFile[]> => {
  const settings = hubSettings();
  if (settings.isOffline)
    throw new UserError(
      `${name}: it is read over the network, and HF_HUB_OFFLINE is set: unset it, or pull the data set where there is a network`,
    );
  const { files } = await ofRepository(name, options, async (repository, choose) => ({
    files: await remoteFiles({ repository, settings, request: createRequest(repository, settings, options) }, choose),
  }));
  const tables = files.filter(({ path }) => path.endsWith('.parquet'));
  if (tables.length > 0) return tables;
  throw new UserError(
    `${name}: it has no parquet files (${files[0]?.path}), and others are not read by ranges: write hf: for hf+stream:`,
  );
};

interface Remote {
  readonly repository: Repository;
  readonly settings: HubSettings;
  readonly request: HubRequest;
}

const remoteFiles = async (remote: Remote, choose: Choose): Promise<RemoteFile[]> => {
  const { repository, settings, request } = remote;
  const { commit, files } = await listRepository(repository, settings, request);
  const fileNamed = new Map(files.map((file) => [file.path, file]));
  const names = await choose([...fileNamed.keys()], (path) => {
    throw new Error(`${path}: a data set is chosen by the names of its files`);
  });
  return names.map((path) => remoteFile(fileNamed.get(path)!, { ...remote, commit }));
};

/** Attempts at a range whose connection is cut. */
const ATTEMPTS = 5;

const remoteFile = ({ path, bytes }: HubFile, remote: Remote & { readonly commit: string }): RemoteFile => {
  const url = urlOf(path, remote);
  const shown = `hf+stream:${shownRepository(remote.repository)}/${path}`;
  const read = async ({ offset, length }: ByteRange): Promise<Uint8Array> => {
    const range = `bytes=${offset}-${offset + length - 1}`;
    const answer = await remote.request(url, { headers: { range, 'accept-encoding': 'identity' } });
    if (answer.status !== 206) {
      await answer.body?.cancel();
      throw new UserError(`${shown}: its host sends no ranges of a file: write hf: for hf+stream:`);
    }
    const part = await answer.arrayBuffer().catch((cause: unknown) => {
      throw cutError(remote.settings.endpoint, { why: (cause as Error).message, cause });
    });
    if (part.byteLength === length) return new Uint8Array(part);
    throw cutError(remote.settings.endpoint, { why: `${part.byteLength} of ${length} bytes` });
  };
  const root = remote.repository.path === undefined ? '' : `${remote.repository.path}/`;
  return {
    path: shown,
    name: path.startsWith(root) ? path.slice(root.length) : basename(path),
    size: bytes,
    read: async (range) => {
      if (range.length === 0) return new Uint8Array();
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await read(range);
        } catch (error) {
          if (attempt === ATTEMPTS || !(error instanceof CutError)) throw error;
        }
      }
    },
  };
};
