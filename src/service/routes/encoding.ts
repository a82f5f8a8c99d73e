import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import type { Numbers } from '../../engine/numbers.ts';
import { UserError } from '../../errors.ts';
import { encodeText } from '../../inference/encode-text.ts';
import type { ExplainedPair } from '../../inference/explain/explained-pair.ts';
import type { Explainer } from '../../inference/explain/explainer.ts';
import type { PairToExplain } from '../../inference/explain/open-explainer.ts';
import { imageFeeds } from '../model/image-feeds.ts';
import { Problem } from '../problem.ts';
import type { Services } from '../services.ts';
import { collectWarnings, preparedImages } from './requested.ts';
import { imageRef, jsonBody, jsonResponse, problems, rankedAnswer, text, warnings } from './schemas.ts';

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

const heads = z
  .array(z.array(z.array(z.number()).readonly()).readonly())
  .readonly()
  .openapi({ description: '[heads][queries][keys]; the first image token is [CLS], and a row adds up to 1.' });

const explanation = z.object({
  image: z.string().openapi({ description: 'The image as the models see it: a data URI.' }),
  grey: z.string().openapi({ description: 'The same in pale grey, to lay colours over: a data URI.' }),
  words: z.array(z.string()).readonly().openapi({ description: 'Word pieces, [CLS] and [SEP] included.' }),
  rows: z.int().openapi({ description: 'Rows of patches.' }),
  columns: z.int().openapi({ description: 'Columns of patches.' }),
  models: z
    .array(
      z.object({
        name: z.string(),
        answers: z.array(rankedAnswer).readonly(),
        textToImage: heads,
        imageToText: heads,
        divergence: z
          .object({ textToImage: z.array(z.number()).readonly(), imageToText: z.array(z.number()).readonly() })
          .optional()
          .openapi({ description: 'KL divergence of each head from that of the first model, in nats.' }),
      }),
    )
    .readonly(),
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
      explanation.extend({ warnings }),
      'Attention of the last layer: of the teacher first, where one is loaded, and of the model.',
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
    const { explainer } = services;
    if (!explainer)
      throw new Problem(422, 'the model answers about two images together: where its words look is not computed');
    const { question, image } = c.req.valid('json');
    const [prepared] = await preparedImages(services, [image]);
    const { warnings, explained } = await explainedBy(explainer, { text: question, image: prepared!.pixels });
    return c.json({ ...explained, warnings }, 200);
  });
};

/** Attention of the model beside its teacher's or, where the two cannot be compared, its own, and why. */
const explainedBy = async (
  explainer: Explainer<PairToExplain>,
  pair: PairToExplain,
): Promise<{ readonly explained: ExplainedPair; readonly warnings: string[] }> => {
  try {
    const [explained] = await explainer.explain([pair]);
    return { explained: explained!, warnings: [] };
  } catch (error) {
    const own = explainer.models.at(-1)!;
    if (!(error instanceof UserError) || explainer.models.length === 1) throw error;
    const [explained] = await explainer.explain([pair], { only: [own] });
    return { explained: explained!, warnings: [error.message] };
  }
};

const listed = ({ shape, data }: Numbers): { readonly width: number; readonly vectors: number[][] } => {
  const [count, width] = shape as [number, number];
  const vectors = Array.from({ length: count }, (_, i) => [...data.subarray(i * width, (i + 1) * width)]);
  return { width, vectors };
};
