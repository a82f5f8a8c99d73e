import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import type { Services } from '../services.ts';
import { checkNewPath } from '../store/image-paths.ts';
import { imagesOf } from './requested.ts';
import { cacheName, imagePath, jsonResponse, problems } from './schemas.ts';

const params = z.object({ cache: cacheName });
const onePath = z.object({ path: imagePath });
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

/** Adds the routes that change a cache and its folder of images. */
export const addImages = (app: OpenAPIHono, services: Services): void => {
  const { pictures } = services;
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
};
