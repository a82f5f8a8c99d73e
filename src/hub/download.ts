import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, open, rename, rm, stat, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { UserError } from '../errors.ts';
import { syncFolder, writeAll } from '../files/atomic-write.ts';
import { explainDisk, makeFolder } from '../files/disk-errors.ts';
import { takeLock, whenFree } from '../files/lock.ts';
import type { Repository } from './address.ts';
import { type CachedRepository, isFileThere } from './cache.ts';
import { CutError, cutError, type HubRequest, type RequestOptions } from './request.ts';
import type { HubSettings } from './settings.ts';

/** A file of a repository, as the Hub lists it. */
export interface HubFile {
  readonly path: string;
  readonly bytes: number;
  /** Its sha256, where it is kept by LFS; otherwise git's sha1. The name of its blob. */
  readonly etag: string;
}

/** Options of a download. */
export interface Download extends RequestOptions {
  readonly repository: Repository;
  readonly settings: HubSettings;
  readonly cached: CachedRepository;
  readonly commit: string;
  readonly request: HubRequest;
  /** Called with the number of bytes of the file that are there. */
  readonly onBytes: (bytes: number) => void;
}

/** Times that a connection may be cut without a byte between. */
const CUTS = 5;

/**
 * Fetches the blob of a file, unless it is there. A download that was cut goes on where it ended, in this process and in a
 * later one (`<blob>.incomplete`); a blob takes its name when it is whole and its digest is right. One process fetches,
 * and others wait for it.
 *
 * @returns path of the blob.
 * @throws UserError where the Hub refuses, the disk is full, or what came is not the file.
 */
export const downloadBlob = async (file: HubFile, download: Download): Promise<string> => {
  const { cached, signal, onNotice, onBytes } = download;
  const blob = cached.blob(file.etag);
  if (!(await isFileThere(blob))) {
    await makeFolder(dirname(blob));
    await makeFolder(cached.locks);
    const lock = join(cached.locks, `${file.etag}.lock`);
    const unlock = await whenFree(() => takeLock(lock, blob), {
      signal,
      onWait: () => onNotice?.(`${file.path}: it is being fetched already: waiting for it.`),
    });
    try {
      if (!(await isFileThere(blob))) await fetchBlob(file, blob, download);
    } finally {
      await unlock();
    }
  }
  onBytes(file.bytes);
  return blob;
};

const fetchBlob = async (file: HubFile, blob: string, download: Download): Promise<void> => {
  const incomplete = `${blob}.incomplete`;
  try {
    const handle = await open(incomplete, 'a+');
    try {
      await fill(handle, file, { ...download, incomplete });
      await handle.sync();
    } finally {
      await handle.close();
    }
    await checkDigest(incomplete, file, download);
    await rename(incomplete, blob);
    await syncFolder(dirname(blob));
  } catch (error) {
    throw explainDisk(blob, error);
  }
};

/** Appends to a file until it is whole. */
const fill = async (
  handle: FileHandle,
  file: HubFile,
  download: Download & { readonly incomplete: string },
): Promise<void> => {
  if ((await handle.stat()).size > file.bytes) await handle.truncate();
  for (let cuts = 0; ; ) {
    const { size } = await handle.stat();
    if (size >= file.bytes) return;
    await checkRoom(file, size, download);
    try {
      await appendRest(handle, file, download);
    } catch (error) {
      if (!(error instanceof CutError)) throw error;
      cuts = (await handle.stat()).size > size ? 0 : cuts + 1;
      if (cuts === CUTS) throw error;
    }
  }
};

/** Refuses a file for which there is no room, before it is fetched. */
const checkRoom = async (
  { path, bytes }: HubFile,
  size: number,
  { incomplete, cached }: Download & { readonly incomplete: string },
): Promise<void> => {
  const disk = await statfs(dirname(incomplete)).catch(() => undefined);
  if (!disk || disk.blocks === 0) return;
  const [free, needed] = [disk.bavail * disk.bsize, bytes - size];
  if (free >= needed) return;
  throw new UserError(
    `${cached.folder}: the disk is full: ${path} needs ${needed} bytes more, and ${free} are free: free some space, or set HF_HUB_CACHE to a folder on another disk`,
  );
};

/** Asks for the rest of a file and appends it. @throws CutError where the connection ends before the file does. */
const appendRest = async (handle: FileHandle, file: HubFile, download: Download): Promise<void> => {
  const { request, settings, onBytes, signal } = download;
  const { size } = await handle.stat();
  const range = size > 0 ? { range: `bytes=${size}-` } : {};
  const answer = await request(urlOf(file.path, download), { headers: { 'accept-encoding': 'identity', ...range } });
  // who knows no ranges sends all of it again
  const isRest = answer.status === 206 && answer.headers.get('content-range')?.startsWith(`bytes ${size}-`) === true;
  if (!isRest) await handle.truncate();
  let done = isRest ? size : 0;
  try {
    for await (const chunk of answer.body ?? []) {
      await writeAll(handle, chunk);
      done += chunk.length;
      onBytes(Math.min(done, file.bytes));
    }
  } catch (error) {
    signal?.throwIfAborted();
    if ((error as NodeJS.ErrnoException).syscall === 'write' || error instanceof UserError) throw error;
    throw cutError(settings.endpoint, { why: (error as Error).message, cause: error });
  }
  if (done < file.bytes) throw cutError(settings.endpoint, { why: `after ${done} of ${file.bytes} bytes` });
};

/** Address of a file at a commit. */
export const urlOf = (
  path: string,
  { repository: { kind, id }, settings, commit }: Pick<Download, 'repository' | 'settings' | 'commit'>,
): string => {
  const escaped = path.split('/').map(encodeURIComponent).join('/');
  return `${settings.endpoint}/${kind === 'dataset' ? 'datasets/' : ''}${id}/resolve/${commit}/${escaped}`;
};

const checkDigest = async (path: string, file: HubFile, { repository, settings }: Download): Promise<void> => {
  const { size } = await stat(path);
  const isSha256 = file.etag.length === 64;
  const hash = createHash(isSha256 ? 'sha256' : 'sha1');
  // git's digest of a file begins with what it is
  if (!isSha256) hash.update(`blob ${size}\0`);
  for await (const chunk of createReadStream(path, { highWaterMark: 2 ** 20 })) hash.update(chunk as Buffer);
  const digest = hash.digest('hex');
  if (size === file.bytes && digest === file.etag) return;
  await rm(path, { force: true });
  const name = isSha256 ? 'sha256' : 'git sha1';
  throw new UserError(
    `${repository.id}/${file.path}: what came is not the file: ${size} bytes with the ${name} ${digest}, where ${new URL(settings.endpoint).host} lists ${file.bytes} with ${file.etag}: it was removed: try again, without a proxy that changes what it passes on`,
  );
};
