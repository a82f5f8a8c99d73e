import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import type { OpenAPIHono } from '@hono/zod-openapi';
import { getMimeType } from 'hono/utils/mime';
import { UserError } from '../../errors.ts';
import { readError } from '../../files/disk-errors.ts';

/** Files of a page by their paths in the address: `/assets/index-Bx3f.js`. */
export type PageFiles = ReadonlyMap<string, PageFile>;

/** A file of a page, held in memory. */
export interface PageFile {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly type: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Content security policy of a page: files of its own origin, pictures that it makes itself, and nothing else. */
const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' blob: data:; connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** The page of a site that teaches the student whose file is beside it; a service has no such file. */
const OF_A_SITE = '/train.html';

/** A name with a hash in it, which never has other bytes. */
const HASHED = /^\/assets\/.*-[\w-]{8,}\.\w+$/;

/**
 * Reads the files of a page, all of them, so that a request reads no disk and no path leads out of the folder. Links, hidden
 * files and what only a site can show are passed over.
 *
 * @throws UserError where the folder cannot be read, or has no `index.html`.
 */
export const readPage = async (folder: string): Promise<PageFiles> => {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch((error: unknown) => {
    throw readError(folder, error);
  });
  const page = new Map<string, PageFile>();
  for (const entry of entries) {
    const place = join(entry.parentPath, entry.name);
    const path = `/${relative(folder, place).split(sep).join('/')}`;
    const isShown = entry.isFile() && !path.includes('/.') && path !== OF_A_SITE;
    if (isShown) page.set(path, pageFile(path, new Uint8Array(await readFile(place))));
  }
  const index = page.get('/index.html');
  if (!index)
    throw new UserError(`${folder}: it is no page, for it has no index.html: give the folder of one (--page)`);
  return page.set('/', index);
};

const pageFile = (path: string, bytes: Uint8Array<ArrayBuffer>): PageFile => {
  const type = getMimeType(path) ?? 'application/octet-stream';
  const etag = `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`;
  const caching = HASHED.test(path) ? 'public, max-age=31536000, immutable' : 'no-cache';
  const policy = type.startsWith('text/html') ? { 'content-security-policy': PAGE_POLICY } : {};
  return { bytes, type, headers: { etag, 'cache-control': caching, ...policy } };
};

/** Adds the files of a page. They need no key: they say nothing of what is served. */
export const addPage = (app: OpenAPIHono, page: PageFiles): void => {
  app.get('*', async (c, next) => {
    const file = page.get(c.req.path);
    if (!file) return await next();
    const { bytes, type, headers } = file;
    if (c.req.header('if-none-match') === headers.etag) return c.body(null, 304, headers);
    return c.body(bytes, 200, { 'content-type': type, ...headers });
  });
};
