import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { streamAnswers } from '../../inference/query/ask-all.ts';
import { judgeImages } from '../../inference/query/judge-images.ts';
import { reason } from '../../inference/query/reason.ts';
import type { Services } from '../services.ts';
import {
  askedImages,
  filterFields,
  imageAnswer,
  judgedImage,
  judgedPair,
  judgement,
  questionFields,
  rankingFields,
} from './query-schemas.ts';
import { collectWarnings, linesOf, storeNamed, timed } from './requested.ts';
import { cacheName, jsonBody, jsonResponse, milliseconds, probability, problems, text, warnings } from './schemas.ts';

const params = z.object({ cache: cacheName });

const askRoute = createRoute({
  method: 'post',
  path: '/v1/caches/{cache}/ask',
  operationId: 'ask',
  tags: ['questions'],
  summary: 'Asks one question of cached images.',
  request: {
    params,
    body: jsonBody(
      z.strictObject({
        ...questionFields,
        histogram: z
          .boolean()
          .default(false)
          .openapi({ description: 'Whether the most probable answers are counted.' }),
        bars: z.int().min(1).max(1000).optional().openapi({
          description: 'Number of equal parts of 0 to 1 in which all images are counted by their probability.',
        }),
        ...rankingFields,
        ...filterFields,
      }),
    ),
  },
  responses: {
    200: jsonResponse(
      z.object({
        answers: z.array(imageAnswer),
        answer: z.string().optional().openapi({ description: 'The answer that was asked for, where it was one.' }),
        images: askedImages,
        found: z.int().openapi({ description: 'Those of them that reach `atLeast`.' }),
        histogram: z
          .array(z.object({ answer: z.string(), images: z.int() }))
          .readonly()
          .optional()
          .openapi({ description: 'Most probable answers of all images that were asked, the most frequent first.' }),
        bars: z.array(z.int()).readonly().optional().openapi({
          description: 'Images of each of the parts, whatever `atLeast`; a probability of 1 is in the last.',
        }),
        warnings,
        milliseconds,
      }),
      'The most probable answers first, unless another order was asked for.',
    ),
    ...problems(404, 415, 422),
  },
});

const found = z.object({
  found: z.array(imageAnswer),
  done: z.int().openapi({ description: 'Images that are done.' }),
  of: z.int(),
});

const streamRoute = createRoute({
  method: 'post',
  path: '/v1/caches/{cache}/ask/stream',
  operationId: 'askStream',
  tags: ['questions'],
  summary:
    'Asks one question of cached images, and sends the answers while the scan goes on, in the order of the cache.',
  request: {
    params,
    body: jsonBody(z.strictObject({ ...questionFields, atLeast: rankingFields.atLeast, ...filterFields })),
  },
  responses: {
    200: {
      description:
        'A line of JSON for each block of images and, where it fails after the first, a problem as the last.',
      content: { 'application/x-ndjson': { schema: found } },
    },
    ...problems(404, 415, 422),
  },
});

const entailRoute = createRoute({
  method: 'post',
  path: '/v1/caches/{cache}/entail',
  operationId: 'entail',
  tags: ['questions'],
  summary: 'Judges of cached images whether they entail a hypothesis, contradict it, or leave it open.',
  request: {
    params,
    body: jsonBody(
      z.strictObject({
        hypothesis: text,
        judgement: judgement.default('entailment').openapi({ description: 'The judgement that orders the images.' }),
        ...rankingFields,
        ...filterFields,
      }),
    ),
  },
  responses: {
    200: jsonResponse(
      z.object({
        judged: z.array(judgedImage),
        images: askedImages,
        found: z.int().openapi({ description: 'Those of them whose judgement reaches `atLeast`.' }),
        warnings,
        milliseconds,
      }),
      'The most probable first, unless another order was asked for.',
    ),
    ...problems(404, 415, 422),
  },
});

const reasonRoute = createRoute({
  method: 'post',
  path: '/v1/caches/{cache}/reason',
  operationId: 'reasonOverPairs',
  tags: ['questions'],
  summary: 'Judges whether a statement is true of pairs of cached images.',
  request: {
    params,
    body: jsonBody(
      z.strictObject({
        statement: text,
        pairs: z.enum(['all', 'consecutive']).default('all').openapi({ description: 'consecutive: by path.' }),
        answer: z.enum(['True', 'False']).default('True'),
        top: rankingFields.top,
        atLeast: probability.optional(),
        ...filterFields,
        second: z.strictObject(filterFields).optional().openapi({ description: 'Filter of the second images.' }),
        secondCache: cacheName.optional().openapi({ description: 'Cache of the second images. Default: the same.' }),
      }),
    ),
  },
  responses: {
    200: jsonResponse(
      z.object({
        pairs: z.array(judgedPair),
        judged: z.int().openapi({ description: 'Pairs that were judged.' }),
        warnings,
        milliseconds,
      }),
      'The most probable pairs first.',
    ),
    ...problems(404, 415, 422),
  },
});

/** Adds the routes that ask of all cached images. */
export const addAsking = (app: OpenAPIHono, services: Services): void => {
  app.openapi(askRoute, async (c) => {
    const { question, ...options } = c.req.valid('json');
    const { warnings, onWarning } = collectWarnings();
    const { result, milliseconds } = await timed(() =>
      storeNamed(services, c.req.valid('param').cache).view.withCurrent((images) =>
        services.scan.ask(images, question, { ...options, onWarning }),
      ),
    );
    const { question: _, answers, ...said } = result;
    return c.json({ ...said, answers: [...answers], warnings, milliseconds }, 200);
  });
  app.openapi(streamRoute, async (c) => {
    const { question, ...options } = c.req.valid('json');
    const images = await storeNamed(services, c.req.valid('param').cache).view.current();
    const blocks = streamAnswers(services.predictor, images, [{ question }], options);
    const lines = await linesOf(blocks, c.get('requestId' as never));
    // the types of a route know one value of JSON, and no lines of several
    return c.body(lines, 200, { 'content-type': 'application/x-ndjson', 'cache-control': 'no-store' }) as never;
  });
  addJudging(app, services);
};

const addJudging = (app: OpenAPIHono, services: Services): void => {
  app.openapi(entailRoute, async (c) => {
    const { hypothesis, ...options } = c.req.valid('json');
    const { warnings, onWarning } = collectWarnings();
    let asked = 0;
    const onProgress = (_: number, of: number): void => {
      asked = of;
    };
    const { result, milliseconds } = await timed(() =>
      storeNamed(services, c.req.valid('param').cache).view.withCurrent((images) =>
        judgeImages(services.predictor, images, hypothesis, { ...options, onWarning, onProgress }),
      ),
    );
    return c.json({ ...result, images: asked, warnings, milliseconds }, 200);
  });
  app.openapi(reasonRoute, async (c) => {
    const { statement, secondCache, ...options } = c.req.valid('json');
    const { warnings, onWarning } = collectWarnings();
    let judged = 0;
    const onProgress = (done: number): void => {
      judged = done;
    };
    const { view } = storeNamed(services, c.req.valid('param').cache);
    const second = secondCache === undefined ? undefined : storeNamed(services, secondCache).view;
    const { result, milliseconds } = await timed(() =>
      view.withCurrent(async (images) =>
        reason(services.predictor, images, statement, {
          ...options,
          ...{ secondImages: await second?.current(), onWarning, onProgress },
        }),
      ),
    );
    return c.json({ pairs: result, judged, warnings, milliseconds }, 200);
  });
};
