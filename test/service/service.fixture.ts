import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { vi } from 'vitest';
import type { Model } from '../../src/index.ts';
import { cacheImages } from '../../src/index.ts';
import { numbered, randomStudent, temporaryFolder, writeImages } from '../../src/inference/inference.fixture.ts';
import { createServer, type Server, type ServerOptions } from '../../src/server.ts';

// each test starts a server, and its threads compile their sources
vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });

/** A server with a cache of some images, and how to ask it. */
export interface Served extends AsyncDisposable {
  readonly server: Server;
  readonly model: Model;
  /** Folder of the images, in which `folder`.cache would not be. */
  readonly photos: string;
  readonly cache: string;
  /** Sends JSON. */
  readonly post: (path: string, body: unknown, init?: RequestInit) => Promise<Response>;
  readonly get: (path: string, init?: RequestInit) => Promise<Response>;
  /** Uploads bytes as an image of this path. */
  readonly upload: (path: string, bytes: Uint8Array, init?: RequestInit) => Promise<Response>;
  /** Lines of the log. */
  readonly log: readonly Record<string, unknown>[];
}

/** Serves images `0.png` … of a folder that is cached, on a free port. */
export const serve = async (
  options: Omit<ServerOptions, 'caches'> & { readonly model?: Model; readonly count?: number } = {},
): Promise<Served> => {
  const { model = randomStudent(), count = 6, ...rest } = options;
  const home = await temporaryFolder();
  const [photos, cache] = [join(home, 'photos'), join(home, 'photos.cache')];
  await writeImages(photos, numbered(count));
  await cacheImages(model, photos, { to: cache, threads: 1, precision: 'float32' });
  const log: Record<string, unknown>[] = [];
  const server = await createServer(model, {
    caches: [{ cache, images: photos }],
    ...{ port: 0, threads: 1, log: { write: (line: string) => void log.push(JSON.parse(line)) } },
    ...rest,
    // this machine may be slow; tests of a limit set their own
    limits: { seconds: 300, decoders: 1, ...rest.limits },
  });
  const get = (path: string, init?: RequestInit): Promise<Response> => fetch(server.url + path, init);
  const post = (path: string, body: unknown, init?: RequestInit): Promise<Response> =>
    fetch(server.url + path, {
      ...{ method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body), ...init },
      headers: { 'content-type': 'application/json', ...init?.headers },
    });
  const upload = (path: string, bytes: Uint8Array, init?: RequestInit): Promise<Response> =>
    fetch(`${server.url}/v1/caches/photos/images?path=${encodeURIComponent(path)}`, {
      ...{ method: 'POST', body: bytes as Uint8Array<ArrayBuffer>, ...init },
      headers: { 'content-type': 'application/octet-stream', ...init?.headers },
    });
  return {
    ...{ server, model, photos, cache, post, get, upload, log },
    [Symbol.asyncDispose]: () => server.stop(),
  };
};

/** Bytes of an image of a folder. */
export const bytesOf = (folder: string, path: string): Promise<Uint8Array> => readFile(join(folder, path));

/** Body of a response of JSON. @throws Error where it is a problem. */
export const jsonIn = async (response: Response) => {
  const text = await response.text();
  if (!response.ok) throw new Error(`${response.status}: ${text}`);
  return JSON.parse(text);
};

/** Status and body of a problem. @throws Error where it is none. */
export const problemIn = async (response: Response): Promise<{ status: number; detail: string }> => {
  const type = response.headers.get('content-type');
  if (type !== 'application/problem+json') throw new Error(`${response.status} ${type}: ${await response.text()}`);
  return (await response.json()) as { status: number; detail: string };
};

/** Asks a cache of a server for its hundred most probable images. @param cache its address, `…/v1/caches/pictures`. */
export const askHundred = async (cache: string, question: string) =>
  jsonIn(
    await fetch(`${cache}/ask`, {
      ...{ method: 'POST', headers: { 'content-type': 'application/json' } },
      body: JSON.stringify({ question, top: 100 }),
    }),
  );
