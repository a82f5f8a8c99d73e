import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import type { SearchOptions, SearchQuery } from '../../inference/query/compare.ts';
import { search } from '../../inference/query/search.ts';
import type { Services } from '../services.ts';
import { placesByPath } from '../store/places.ts';
import { askedImages, filterFields, foundImage, scoreRankingFields } from './query-schemas.ts';
import { collectWarnings, notCached, preparedImages, storeNamed, timed } from './requested.ts';
import {
  cacheName,
  type ImageRef,
  imageRef,
  jsonBody,
  jsonResponse,
  milliseconds,
  problems,
  text,
  warnings,
} from './schemas.ts';

const params = z.object({ cache: cacheName });
const texts = z.array(text).max(32).optional();
const options = {
  and: texts.openapi({ description: 'Texts whose vectors are added; of a student of retrieval.' }),
  not: texts.openapi({ description: 'Texts whose vectors are subtracted; of a student of retrieval.' }),
  ...scoreRankingFields,
  ...filterFields,
};
const result = z.object({ found: z.array(foundImage), images: askedImages, warnings, milliseconds });

const searchRoute = createRoute({
  method: 'post',
  path: '/v1/caches/{cache}/search',
  operationId: 'search',
  tags: ['search'],
  summary: 'Finds the cached images that fit a description, with a student of retrieval.',
  request: { params, body: jsonBody(z.strictObject({ text, ...options })) },
  responses: { 200: jsonResponse(result, 'The best first.'), ...problems(404, 415, 422) },
});

const likeRoute = createRoute({
  method: 'post',
  path: '/v1/caches/{cache}/like',
  operationId: 'like',
  tags: ['search'],
  summary: 'Finds the cached images that are most like an image.',
  request: { params, body: jsonBody(z.strictObject({ image: imageRef, ...options })) },
  responses: { 200: jsonResponse(result, 'The most alike first.'), ...problems(404, 413, 415, 422) },
});

/** Adds the routes that find images. */
export const addFinding = (app: OpenAPIHono, services: Services): void => {
  app.openapi(searchRoute, async (c) => {
    const { text, ...options } = c.req.valid('json');
    return c.json(await found(services, c.req.valid('param').cache, text, options), 200);
  });
  app.openapi(likeRoute, async (c) => {
    const { image, ...options } = c.req.valid('json');
    const { cache } = c.req.valid('param');
    return c.json(await found(services, cache, await likeQuery(services, cache, image), options), 200);
  });
};

const found = async (services: Services, cache: string, query: SearchQuery, options: SearchOptions) => {
  const { warnings, onWarning } = collectWarnings();
  let images = 0;
  const onProgress = (_: number, of: number): void => {
    images = of;
  };
  const { result, milliseconds } = await timed(() =>
    storeNamed(services, cache).view.withCurrent(async (current) => {
      // a search takes a path that is not cached for one of the disk
      if (typeof query === 'object' && typeof query.like === 'string' && !placesByPath(current).has(query.like))
        throw notCached();
      return await search(services.predictor, current, query, { ...options, onWarning, onProgress });
    }),
  );
  return { found: result, images, warnings, milliseconds };
};

/** An image of the cache itself by its path, whose vector is there already, or else its pixels. */
const likeQuery = async (services: Services, cache: string, image: ImageRef): Promise<SearchQuery> => {
  if ('path' in image && (image.cache ?? cache) === cache) return { like: image.path };
  const [prepared] = await preparedImages(services, [image]);
  return { like: prepared!.pixels };
};
