import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import type { Services } from '../services.ts';
import { checkNewPath } from '../store/image-paths.ts';
import { imagesOf, readCached, storeNamed } from './requested.ts';
import { cached, cacheName, imagePath, jsonResponse, problems } from './schemas.ts';

const params = z.object({ cache: cacheName });
const onePath = z.object({ path: imagePath });
const storeInfo = z.object({
  name: z.string(),
  images: z.int().openapi({ description: 'Number of images.' }),
  hasFiles: z.boolean().openapi({ description: 'Whether its images are served, and may be added and deleted.' }),
});

const cachesRoute = createRoute({
  method: 'get',
  path: '/v1/caches',
  operationId: 'listCaches',
  tags: ['images'],
  summary: 'Lists the caches that are served, and what the model does.',
  responses: {
    200: jsonResponse(
      z.object({
        model: z.object({ task: z.string(), answers: z.int(), images: z.int() }),
        caches: z.array(storeInfo),
      }),
      'The caches.',
    ),
    ...problems(),
  },
});

const listRoute = createRoute({
  method: 'get',
  path: '/v1/caches/{cache}/images',
  operationId: 'listImages',
  tags: ['images'],
  summary: 'Lists cached images.',
  request: {
    params,
    query: z.object({
      from: z.coerce
        .number()
        .int()
        .min(0)
        .max(1e9)
        .default(0)
        .openapi({ description: 'Number of images to pass over.' }),
      count: z.coerce.number().int().min(1).max(1000).default(100),
    }),
  },
  responses: {
    200: jsonResponse(z.object({ total: z.int(), images: z.array(cached) }), 'Images, in the order of the cache.'),
    ...problems(404),
  },
});

const uploadRoute = createRoute({
  method: 'post',
  path: '/v1/caches/{cache}/images',
  operationId: 'uploadImage',
  tags: ['images'],
  summary: 'Adds an image: the bytes of its file. Once it is answered, file and cache are on the disk.',
  request: {
    params,
    query: onePath,
    body: {
      required: true,
      content: { 'application/octet-stream': { schema: z.string().openapi({ format: 'binary' }) } },
    },
  },
  responses: {
    201: jsonResponse(z.object({ path: imagePath, sha256: z.string() }), 'It was added.'),
    200: jsonResponse(z.object({ path: imagePath, sha256: z.string() }), 'The same image was there already.'),
    ...problems(404, 409, 413, 415, 422),
  },
});

const deleteRoute = createRoute({
  method: 'delete',
  path: '/v1/caches/{cache}/images',
  operationId: 'deleteImage',
  tags: ['images'],
  summary: 'Deletes an image from the cache, and its file.',
  request: { params, query: onePath },
  responses: { 204: { description: 'It is gone.' }, ...problems(404, 422) },
});

const thumbnailRoute = createRoute({
  method: 'get',
  path: '/v1/caches/{cache}/thumbnail',
  operationId: 'thumbnail',
  tags: ['images'],
  summary: 'A cached image as a small WebP.',
  request: {
    params,
    query: onePath.extend({
      side: z.coerce.number().int().min(16).max(2048).default(256).openapi({ description: 'Longer side in pixels.' }),
    }),
  },
  responses: {
    200: {
      description: 'The image.',
      content: { 'image/webp': { schema: z.string().openapi({ format: 'binary' }) } },
    },
    ...problems(404, 422),
  },
});

/** Adds the routes of the images themselves. */
export const addImages = (app: OpenAPIHono, services: Services): void => {
  const { pictures, stores } = services;
  app.openapi(cachesRoute, async (c) => {
    const { task, answers, images } = services.model.config;
    const caches = [...stores.values()].map(async ({ name, view, writer }) => ({
      ...{ name, images: (await view.current()).size, hasFiles: writer !== undefined },
    }));
    return c.json({ model: { task, answers: answers.length, images }, caches: await Promise.all(caches) }, 200);
  });
  app.openapi(listRoute, async (c) => {
    const { from, count } = c.req.valid('query');
    const { size, entries } = await storeNamed(services, c.req.valid('param').cache).view.current();
    const images = entries
      .slice(from, from + count)
      .map(({ path, bytes, modified, sha256 }) => ({ path, bytes, modified, sha256 }));
    return c.json({ total: size, images }, 200);
  });
  app.openapi(uploadRoute, async (c) => {
    const { path } = c.req.valid('query');
    const store = imagesOf(services, c.req.valid('param').cache);
    checkNewPath(path);
    const bytes = new Uint8Array(await c.req.arrayBuffer());
    const prepared = await pictures.prepare({ bytes, where: path });
    const outcome = await store.writer.change({ upload: { path, bytes, ...prepared } });
    return c.json({ path, sha256: prepared.sha256 }, outcome === 'added' ? 201 : 200);
  });
  app.openapi(deleteRoute, async (c) => {
    const store = imagesOf(services, c.req.valid('param').cache);
    await store.writer.change({ remove: c.req.valid('query').path });
    return c.body(null, 204);
  });
  app.openapi(thumbnailRoute, async (c) => {
    const { path, side } = c.req.valid('query');
    const image = await readCached(imagesOf(services, c.req.valid('param').cache), path);
    const webp = await pictures.thumbnail(image, side);
    return c.body(webp as Uint8Array<ArrayBuffer>, 200, {
      'content-type': 'image/webp',
      'cache-control': 'private, max-age=3600',
    });
  });
};
