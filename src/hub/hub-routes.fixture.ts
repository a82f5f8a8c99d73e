import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';

/** A repository of the fake hub. */
export interface FakeRepository {
  readonly commits: Map<string, ReadonlyMap<string, Buffer>>;
  readonly refs: Map<string, string>;
  isPrivate?: boolean;
  isGated?: boolean;
  /** Titles of what was pushed, the last one last. */
  readonly titles: string[];
}

/** A fault of the hub: answers a request itself and returns true, or leaves it. */
export type Fault = (request: IncomingMessage, response: ServerResponse) => boolean;

/** A hub of this process, with what it was asked. */
export interface FakeHub {
  readonly url: string;
  /** Folder of the caches of a test. */
  readonly root: string;
  readonly repositories: Map<string, FakeRepository>;
  /** Requests as `GET /path`, since the test began. */
  readonly log: string[];
  /** Adds a commit to a repository (`models/org/name`), made if need be. → the commit */
  readonly add: (name: string, files: Readonly<Record<string, string | Uint8Array>>, ref?: string) => string;
  /** Faults of the next requests. */
  readonly faults: Fault[];
  /** Whether nobody answers. */
  isDown: boolean;
}

/** The token that the fake hub knows. */
export const TOKEN = 'hf_secret';

/** Files that LFS keeps. */
const lfs = /\.(safetensors|bin|ckpt|parquet|tar)$/;
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
/** Digest of a file by git. */
export const gitSha1 = (bytes: Uint8Array): string =>
  createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');

/** Digest by which a file's blob is called. */
export const etagOf = (path: string, bytes: Uint8Array): string => (lfs.test(path) ? sha256(bytes) : gitSha1(bytes));

interface Served {
  readonly hub: FakeHub;
  /** Uploaded files, by sha256. */
  readonly objects: Map<string, Buffer>;
}

/** Answers a request as the Hub does. */
export const answer = async (
  request: IncomingMessage,
  response: ServerResponse,
  served: Served,
): Promise<ServerResponse> => {
  const url = new URL(request.url!, served.hub.url);
  const body = await bytesOf(request);
  const path = decodeURIComponent(url.pathname);
  const upload = /^\/upload\/([0-9a-f]{64})$/.exec(path);
  if (upload && request.method === 'PUT') {
    served.objects.set(upload[1]!, body);
    return response.end();
  }
  if (path.startsWith('/cdn/')) return send(request, response, served.objects.get(path.slice('/cdn/'.length))!);
  if (path === '/api/repos/create') return createRepository(request, response, { ...served, body });
  const api = /^\/api\/(models|datasets)\/([^/]+\/[^/]+|[^/]+)(?:\/(revision|tree|preupload|commit)\/(.+))?$/.exec(
    path,
  );
  const batch = /^\/(datasets\/)?([^/]+\/[^/]+)\.git\/info\/lfs\/objects\/batch$/.exec(path);
  const resolve = /^\/(datasets\/)?([^/]+\/[^/]+)\/resolve\/((?:refs\/(?:pr|convert)\/)?[^/]+)\/(.+)$/.exec(path);
  const kind = api?.[1] ?? ((batch ?? resolve)?.[1] ? 'datasets' : 'models');
  const name = `${kind}/${api?.[2] ?? (batch ?? resolve)?.[2]}`;
  const repository = served.hub.repositories.get(name);
  const refused = refusal(request, repository);
  if (refused) return refuse(response, ...refused);
  const asked = { ...served, body, url, name, repository: repository! };
  if (batch) return lfsBatch(response, asked);
  if (resolve) return sendFile(request, response, { ...asked, revision: resolve[3]!, path: resolve[4]! });
  if (api?.[3] === 'preupload') return preupload(response, asked);
  if (api?.[3] === 'commit') return commit(response, asked);
  const revision = api?.[4] ?? 'main';
  const known = commitOf(repository!, revision);
  if (known === undefined) return refuse(response, 404, 'RevisionNotFound');
  if (api?.[3] === 'tree') return sendTree(response, { ...asked, files: repository!.commits.get(known)! });
  const siblings = [...repository!.commits.get(known)!.keys()].map((rfilename) => ({ rfilename }));
  return sendJson(response, { _id: '1', id: name.slice(name.indexOf('/') + 1), sha: known, private: false, siblings });
};

const bytesOf = async (request: IncomingMessage): Promise<Buffer> => Buffer.concat(await request.toArray());

const commitOf = ({ refs, commits }: FakeRepository, revision: string): string | undefined =>
  commits.has(revision) ? revision : refs.get(revision === 'HEAD' ? 'main' : revision);

const isKnown = ({ headers }: IncomingMessage): boolean => headers.authorization === `Bearer ${TOKEN}`;

const refusal = (request: IncomingMessage, repository: FakeRepository | undefined): [number, string] | undefined => {
  if (request.headers.authorization && !isKnown(request)) return [401, ''];
  if (!repository || (repository.isPrivate && !isKnown(request)))
    return isKnown(request) ? [404, 'RepoNotFound'] : [401, 'RepoNotFound'];
  const isReading = /\/resolve\//.test(request.url!);
  return repository.isGated && isReading ? [isKnown(request) ? 403 : 401, 'GatedRepo'] : undefined;
};

const refuse = (response: ServerResponse, status: number, code: string): ServerResponse => {
  response.writeHead(status, { ...(code && { 'x-error-code': code }), 'content-type': 'application/json' });
  return response.end(JSON.stringify({ error: code || 'Invalid credentials' }));
};

const sendJson = (response: ServerResponse, value: unknown, headers: Record<string, string> = {}): ServerResponse => {
  response.writeHead(200, { 'content-type': 'application/json', ...headers });
  return response.end(JSON.stringify(value));
};

/** A page has so many files. */
const PAGE = 3;

interface Asked extends Served {
  readonly url: URL;
  readonly body: Buffer;
  readonly name: string;
  readonly repository: FakeRepository;
}

const sendTree = (
  response: ServerResponse,
  { url, files, hub }: Asked & { readonly files: ReadonlyMap<string, Buffer> },
): ServerResponse => {
  const from = Number(url.searchParams.get('cursor') ?? 0);
  const items = [...files].slice(from, from + PAGE).map(([path, bytes]) => ({
    ...{ type: 'file', path, size: bytes.length, oid: gitSha1(bytes) },
    ...(lfs.test(path) && { lfs: { oid: sha256(bytes), size: bytes.length, pointerSize: 130 } }),
  }));
  url.searchParams.set('cursor', `${from + PAGE}`);
  const next = `<${hub.url}${url.pathname}${url.search}>; rel="next"`;
  return sendJson(response, items, from + PAGE < files.size ? { link: next } : {});
};

const sendFile = (
  request: IncomingMessage,
  response: ServerResponse,
  { hub, repository, revision, path, objects }: Asked & { readonly revision: string; readonly path: string },
): ServerResponse => {
  const known = commitOf(repository, revision);
  const bytes = known === undefined ? undefined : repository.commits.get(known)!.get(path);
  if (!bytes) return refuse(response, 404, 'EntryNotFound');
  response.setHeader('x-repo-commit', known!);
  if (!lfs.test(path)) {
    response.setHeader('etag', `"${gitSha1(bytes)}"`);
    return send(request, response, bytes);
  }
  objects.set(sha256(bytes), bytes);
  response.setHeader('x-linked-etag', `"${sha256(bytes)}"`);
  response.setHeader('x-linked-size', bytes.length);
  // another host, as the Hub's files are on one
  response.writeHead(302, { location: `${hub.url.replace('127.0.0.1', 'localhost')}/cdn/${sha256(bytes)}` });
  return response.end();
};

const send = (request: IncomingMessage, response: ServerResponse, bytes: Buffer): ServerResponse => {
  const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
  const from = Number(range?.[1] ?? 0);
  const part = bytes.subarray(from, range?.[2] ? Number(range[2]) + 1 : undefined);
  if (range) response.setHeader('content-range', `bytes ${from}-${from + part.length - 1}/${bytes.length}`);
  response.writeHead(range ? 206 : 200, { 'content-length': part.length, 'accept-ranges': 'bytes' });
  return response.end(request.method === 'HEAD' ? undefined : part);
};

const createRepository = (
  request: IncomingMessage,
  response: ServerResponse,
  { hub, body }: Served & { readonly body: Buffer },
): ServerResponse => {
  if (!isKnown(request)) return refuse(response, 401, '');
  const { name, organization, type = 'model', visibility } = JSON.parse(body.toString());
  if (organization === 'others') return refuse(response, 403, '');
  const id = `${type}s/${organization}/${name}`;
  if (hub.repositories.has(id)) return refuse(response, 409, '');
  hub.add(id, {});
  hub.repositories.get(id)!.isPrivate = visibility === 'private';
  return sendJson(response, { url: `${hub.url}/${organization}/${name}`, id: '1' });
};

const preupload = (response: ServerResponse, { body }: Asked): ServerResponse => {
  const { files } = JSON.parse(body.toString()) as { files: { path: string }[] };
  return sendJson(response, {
    files: files.map(({ path }) => ({ path, uploadMode: lfs.test(path) ? 'lfs' : 'regular' })),
  });
};

const lfsBatch = (response: ServerResponse, { body, hub, objects: known }: Asked): ServerResponse => {
  const { objects } = JSON.parse(body.toString()) as { objects: { oid: string; size: number }[] };
  return sendJson(response, {
    transfer: 'basic',
    objects: objects.map(({ oid, size }) => ({
      ...{ oid, size },
      ...(known.has(oid) ? {} : { actions: { upload: { href: `${hub.url}/upload/${oid}` } } }),
    })),
  });
};

const commit = (response: ServerResponse, { body, hub, name, repository, objects }: Asked): ServerResponse => {
  const lines = body
    .toString()
    .split('\n')
    .map((line) => JSON.parse(line));
  const files = lines.flatMap(({ key, value }) => {
    if (key === 'lfsFile') return [[value.path, objects.get(value.oid)!]];
    return key === 'file' ? [[value.path, Buffer.from(value.content, 'base64')]] : [];
  });
  const oid = hub.add(name, Object.fromEntries(files));
  repository.titles.push(lines[0].value.summary);
  return sendJson(response, { success: true, commitOid: oid, commitUrl: `${hub.url}/commit/${oid}`, hookOutput: '' });
};
