import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { search } from '../../inference/query/search.ts';
import { imagesLike } from '../model/images-like.ts';
import type { Services } from '../services.ts';
import { collectWarnings, preparedImages, storeNamed } from './requested.ts';
import { cacheName, foundImage, imageRef, jsonBody, jsonResponse, problems, text, top, warnings } from './schemas.ts';

const params = z.object({ cache: cacheName });

const searchRoute = createRoute({
  method: 'post',
  path: '/v1/caches/{cache}/search',
  operationId: 'search',
  tags: ['search'],
  summary: 'Finds the cached images that fit a description, with a student of retrieval.',
  request: { params, body: jsonBody(z.strictObject({ text, top })) },
  responses: {
    200: jsonResponse(z.object({ found: z.array(foundImage), warnings }), 'The best first.'),
    ...problems(404, 415, 422),
  },
});

const likeRoute = createRoute({
  method: 'post',
  path: '/v1/caches/{cache}/like',
  operationId: 'like',
  tags: ['search'],
  summary: 'Finds the cached images that are most like an image.',
  request: { params, body: jsonBody(z.strictObject({ image: imageRef, top })) },
  responses: {
    200: jsonResponse(z.object({ found: z.array(foundImage) }), 'The most alike first.'),
    ...problems(404, 413, 415, 422),
  },
});

/** Adds the routes that find images. */
export const addFinding = (app: OpenAPIHono, services: Services): void => {
  app.openapi(searchRoute, async (c) => {
    const { text, ...options } = c.req.valid('json');
    const { warnings, onWarning } = collectWarnings();
    const found = await storeNamed(services, c.req.valid('param').cache).view.withCurrent((images) =>
      search(services.predictor, images, text, { ...options, onWarning }),
    );
    return c.json({ found, warnings }, 200);
  });
  app.openapi(likeRoute, async (c) => {
    const { image, top } = c.req.valid('json');
    const store = storeNamed(services, c.req.valid('param').cache);
    const reference = 'path' in image ? { cache: store.name, ...image } : image;
    const [prepared] = await preparedImages(services, [reference]);
    const found = await store.view.withCurrent((images) => imagesLike(services.predictor, images, prepared!, top));
    return c.json({ found }, 200);
  });
};
