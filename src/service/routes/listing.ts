import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import type { ImageCache } from '../../inference/image-cache.ts';
import { datesOf, dateText } from '../../inference/query/dates.ts';
import { countFolders, type FolderCount } from '../../inference/query/folders.ts';
import type { Services } from '../services.ts';
import { listedPlaces } from '../store/listed.ts';
import { placesByPath } from '../store/places.ts';
import { filterQuery } from './query-schemas.ts';
import { imagesOf, notCached, readCached, storeNamed } from './requested.ts';
import { cacheName, date, imagePath, jsonResponse, problems } from './schemas.ts';

const params = z.object({ cache: cacheName });

const listedImage = z
  .object({
    path: imagePath,
    bytes: z.number(),
    modified: z.number().openapi({ description: 'Last change of the file, in milliseconds since 1970.' }),
    date,
    isTaken: z.boolean().openapi({ description: 'Whether the date is that of the picture, and not of its file.' }),
    sha256: z.string().openapi({ description: 'Of the bytes of the file: equal for the same image.' }),
  })
  .openapi('CachedImage');

const listRoute = createRoute({
  method: 'get',
  path: '/v1/caches/{cache}/images',
  operationId: 'listImages',
  tags: ['images'],
  summary: 'Lists cached images.',
  request: {
    params,
    query: z.object({
      offset: z.coerce.number().int().min(0).max(1e9).default(0).openapi({ description: 'Images to pass over.' }),
      count: z.coerce.number().int().min(1).max(10_000).default(100),
      sort: z.enum(['added', 'date', 'path', 'bytes']).default('added'),
      order: z.enum(['ascending', 'descending']).optional().openapi({
        description: 'Default: the newest and the largest first, paths from A to Z, the cache as it is.',
      }),
      ...filterQuery,
    }),
  },
  responses: {
    200: jsonResponse(
      z.object({
        total: z.int().openapi({ description: 'Images of the cache.' }),
        found: z.int().openapi({ description: 'Those of them that the filter lets through.' }),
        images: z.array(listedImage),
      }),
      'Images.',
    ),
    ...problems(404, 422),
  },
});

const imageRoute = createRoute({
  method: 'get',
  path: '/v1/caches/{cache}/image',
  operationId: 'imageInfo',
  tags: ['images'],
  summary: 'Metadata of one cached image.',
  request: { params, query: z.object({ path: imagePath }) },
  responses: {
    200: jsonResponse(
      listedImage.extend({
        folder: z.string().openapi({ description: 'Folder below that of the images; empty for that itself.' }),
        copies: z.array(imagePath).openapi({ description: 'Other cached images of the same bytes.' }),
        width: z.int().optional().openapi({ description: 'In pixels, as it is shown; where its file is served.' }),
        height: z.int().optional(),
      }),
      'The image.',
    ),
    ...problems(404, 422),
  },
});

const foldersRoute = createRoute({
  method: 'get',
  path: '/v1/caches/{cache}/folders',
  operationId: 'listFolders',
  tags: ['images'],
  summary: 'Lists the folders of cached images.',
  request: { params },
  responses: {
    200: jsonResponse(
      z.object({
        folders: z.array(
          z.object({ folder: z.string(), images: z.int().openapi({ description: 'Images in it and below it.' }) }),
        ),
      }),
      'Folders below that of the images, from A to Z.',
    ),
    ...problems(404),
  },
});

const thumbnailRoute = createRoute({
  method: 'get',
  path: '/v1/caches/{cache}/thumbnail',
  operationId: 'thumbnail',
  tags: ['images'],
  summary: 'A cached image as a small WebP.',
  request: {
    params,
    query: z.object({
      path: imagePath,
      side: z.coerce.number().int().min(16).max(2048).default(256).openapi({ description: 'Longer side in pixels.' }),
      sha256: z.string().max(64).optional().openapi({
        description: 'Hash of the image, as lists have it: with it the answer may be kept for ever.',
      }),
    }),
  },
  responses: {
    200: {
      description: 'The image.',
      content: { 'image/webp': { schema: z.string().openapi({ format: 'binary' }) } },
    },
    304: { description: 'It is the one of `If-None-Match`.' },
    ...problems(404, 422),
  },
});

/** Adds the routes that show what is cached. */
export const addListing = (app: OpenAPIHono, services: Services): void => {
  app.openapi(listRoute, async (c) => {
    const { offset, count, ...listing } = c.req.valid('query');
    const cache = await storeNamed(services, c.req.valid('param').cache).view.current();
    const places = listedPlaces(cache, listing);
    const infoAt = infoOf(cache);
    const images = Array.from(places.subarray(offset, offset + count), infoAt);
    return c.json({ total: cache.size, found: places.length, images }, 200);
  });
  app.openapi(imageRoute, async (c) => {
    const { path } = c.req.valid('query');
    const store = storeNamed(services, c.req.valid('param').cache);
    const cache = await store.view.current();
    const place = placesByPath(cache).get(path);
    if (place === undefined) throw notCached();
    const folder = path.slice(0, Math.max(0, path.lastIndexOf('/')));
    const size =
      store.images === undefined
        ? {}
        : await services.pictures.sizeOf(await readCached(imagesOf(services, store.name), path));
    return c.json({ ...infoOf(cache)(place), folder, copies: copiesOf(cache, place), ...size }, 200);
  });
  app.openapi(foldersRoute, async (c) => {
    const cache = await storeNamed(services, c.req.valid('param').cache).view.current();
    return c.json({ folders: foldersOf(cache) }, 200);
  });
  addThumbnails(app, services);
};

const addThumbnails = (app: OpenAPIHono, services: Services): void => {
  app.openapi(thumbnailRoute, async (c) => {
    const { path, side, sha256 } = c.req.valid('query');
    const store = imagesOf(services, c.req.valid('param').cache);
    const cache = await store.view.current();
    const place = placesByPath(cache).get(path);
    if (place === undefined) throw notCached();
    const { sha256: hash } = cache.entryAt(place);
    const headers = {
      etag: `"${hash.slice(0, 32)}-${side}"`,
      'cache-control': sha256 === hash ? 'private, max-age=31536000, immutable' : 'private, no-cache',
    };
    if (c.req.header('if-none-match') === headers.etag) return c.body(null, 304, headers);
    const webp = await services.thumbnails.get(`${hash} ${side}`, async () =>
      services.pictures.thumbnail(await readCached(store, path), side),
    );
    return c.body(webp as Uint8Array<ArrayBuffer>, 200, { 'content-type': 'image/webp', ...headers });
  });
};

const infoOf = (cache: ImageCache) => {
  const dates = datesOf(cache);
  return (place: number) => {
    const { path, bytes, modified, sha256 } = cache.entryAt(place);
    const isTaken = !Number.isNaN(cache.columns.taken[place]!);
    return { path, bytes, modified, date: dateText(dates.at(place)), isTaken, sha256 };
  };
};

/** Paths of the other images of the same bytes, which have one row together. */
const copiesOf = ({ columns: { rows }, pathAt }: ImageCache, place: number): string[] => {
  const copies: string[] = [];
  for (let i = 0; i < rows.length; i += 1) if (i !== place && rows[i] === rows[place]) copies.push(pathAt(i));
  return copies;
};

const folders = new WeakMap<ImageCache, FolderCount[]>();

const foldersOf = (cache: ImageCache): FolderCount[] => {
  const counted = folders.get(cache) ?? countFolders(cache);
  folders.set(cache, counted);
  return counted;
};
