import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import type { Numbers } from '../../engine/numbers.ts';
import { encodeText } from '../../inference/encode-text.ts';
import { imageFeeds } from '../model/images-like.ts';
import { Problem } from '../problem.ts';
import type { Services } from '../services.ts';
import { collectWarnings, preparedImages } from './requested.ts';
import { imageRef, jsonBody, jsonResponse, problems, text, warnings } from './schemas.ts';

const vectors = z.array(z.array(z.number())).openapi({ description: 'A vector each, in the order of the request.' });

const textsRoute = createRoute({
  method: 'post',
  path: '/v1/vectors/texts',
  operationId: 'textVectors',
  tags: ['vectors'],
  summary: "Encodes texts: of a student of retrieval unit vectors, of others their half of f's first layer.",
  request: { body: jsonBody(z.strictObject({ texts: z.array(text).min(1).max(256) })) },
  responses: {
    200: jsonResponse(z.object({ width: z.int(), vectors, warnings }), 'The vectors.'),
    ...problems(415, 422),
  },
});

const imagesRoute = createRoute({
  method: 'post',
  path: '/v1/vectors/images',
  operationId: 'imageVectors',
  tags: ['vectors'],
  summary: 'Encodes images, as the cache keeps them.',
  request: { body: jsonBody(z.strictObject({ images: z.array(imageRef).min(1).max(16) })) },
  responses: {
    200: jsonResponse(z.object({ width: z.int(), vectors }), 'The vectors.'),
    ...problems(404, 413, 415, 422),
  },
});

const explainRoute = createRoute({
  method: 'post',
  path: '/v1/explain',
  operationId: 'explain',
  tags: ['questions'],
  summary: 'Computes where each word of a question looks in an image, head by head, and each patch among the words.',
  request: { body: jsonBody(z.strictObject({ question: text, image: imageRef })) },
  responses: {
    200: jsonResponse(
      z.looseObject({
        words: z.array(z.string()).openapi({ description: 'Word pieces, [CLS] and [SEP] included.' }),
        rows: z.int().openapi({ description: 'Rows of patches.' }),
        columns: z.int().openapi({ description: 'Columns of patches.' }),
        models: z.array(z.looseObject({ name: z.string() })),
      }),
      'Attention of the last layer.',
    ),
    ...problems(404, 413, 415, 422),
  },
});

/** Adds the routes that give numbers: vectors and attention. */
export const addEncoding = (app: OpenAPIHono, services: Services): void => {
  const { predictor } = services;
  app.openapi(textsRoute, async (c) => {
    const { warnings, onWarning } = collectWarnings();
    const feeds = encodeText(predictor, c.req.valid('json').texts, { onWarning });
    return c.json({ ...listed(await predictor.textFeatures(feeds)), warnings }, 200);
  });
  app.openapi(imagesRoute, async (c) => {
    const prepared = await preparedImages(services, c.req.valid('json').images);
    return c.json(listed(await predictor.imageFeatures(imageFeeds(predictor, prepared))), 200);
  });
  app.openapi(explainRoute, async (c) => {
    if (!services.explain) throw new Problem(422, 'this server computes no attention: start it with `dide serve`');
    const { question, image } = c.req.valid('json');
    const [prepared] = await preparedImages(services, [image]);
    const explained = await services.explain(services.model, prepared!.pixels, question);
    return c.json(explained as { words: string[]; rows: number; columns: number; models: { name: string }[] }, 200);
  });
};

const listed = ({ shape, data }: Numbers): { readonly width: number; readonly vectors: number[][] } => {
  const [count, width] = shape as [number, number];
  const vectors = Array.from({ length: count }, (_, i) => [...data.subarray(i * width, (i + 1) * width)]);
  return { width, vectors };
};
