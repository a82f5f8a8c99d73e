import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { answerPrepared } from '../../inference/answer.ts';
import { ask } from '../../inference/query/ask.ts';
import type { AskOptions } from '../../inference/query/ask-options.ts';
import { nlvr2 } from '../../tasks/nlvr2.ts';
import { snliVe } from '../../tasks/snli-ve.ts';
import type { Services } from '../services.ts';
import { checkTask, collectWarnings, preparedImages, storeNamed } from './requested.ts';
import {
  cacheName,
  imageAnswer,
  imageRef,
  jsonBody,
  jsonResponse,
  probability,
  problems,
  rankedAnswer,
  text,
  top,
  warnings,
} from './schemas.ts';

const params = z.object({ cache: cacheName });

const answerRoute = createRoute({
  method: 'post',
  path: '/v1/answer',
  operationId: 'answer',
  tags: ['questions'],
  summary: 'Answers a question about an image, or the two that the model is asked about together.',
  request: {
    body: jsonBody(z.strictObject({ question: text, images: z.array(imageRef).min(1).max(2), top })),
  },
  responses: {
    200: jsonResponse(z.object({ answers: z.array(rankedAnswer), warnings }), 'The most probable answers.'),
    ...problems(404, 413, 415, 422),
  },
});

const askRoute = createRoute({
  method: 'post',
  path: '/v1/caches/{cache}/ask',
  operationId: 'ask',
  tags: ['questions'],
  summary: 'Asks one question of every cached image.',
  request: {
    params,
    body: jsonBody(
      z.strictObject({
        question: text,
        top,
        atLeast: probability.optional().openapi({ description: 'Least probability of what is returned.' }),
        sort: z.enum(['probability', 'date', 'path']).optional(),
        answer: z.string().optional().openapi({
          description:
            'Answer by which to rank. Default: yes, of a question of yes or no; otherwise the best to each image.',
        }),
      }),
    ),
  },
  responses: {
    200: jsonResponse(z.object({ answers: z.array(imageAnswer), warnings }), 'The most probable answers first.'),
    ...problems(404, 415, 422),
  },
});

const entailRoute = createRoute({
  method: 'post',
  path: '/v1/caches/{cache}/entail',
  operationId: 'entail',
  tags: ['questions'],
  summary: 'Finds the cached images that entail a hypothesis, or contradict it, or leave it open.',
  request: {
    params,
    body: jsonBody(
      z.strictObject({
        hypothesis: text,
        top,
        answer: z.enum(['entailment', 'neutral', 'contradiction']).default('entailment'),
      }),
    ),
  },
  responses: {
    200: jsonResponse(z.object({ answers: z.array(imageAnswer), warnings }), 'The most probable first.'),
    ...problems(404, 415, 422),
  },
});

const reasonRoute = createRoute({
  method: 'post',
  path: '/v1/reason',
  operationId: 'reason',
  tags: ['questions'],
  summary: 'Judges whether a statement is true of two images together.',
  request: { body: jsonBody(z.strictObject({ statement: text, images: z.array(imageRef).length(2) })) },
  responses: {
    200: jsonResponse(z.object({ answers: z.array(rankedAnswer), warnings }), 'True and False, the likelier first.'),
    ...problems(404, 413, 415, 422),
  },
});

/** Adds the routes that answer. */
export const addAnswering = (app: OpenAPIHono, services: Services): void => {
  app.openapi(answerRoute, async (c) => {
    const { question, images, top } = c.req.valid('json');
    const { warnings, onWarning } = collectWarnings();
    const prepared = await preparedImages(services, images);
    const answers = await answerPrepared(services.predictor, prepared, question, { top, onWarning });
    return c.json({ answers, warnings }, 200);
  });
  app.openapi(askRoute, async (c) => {
    const { question, ...options } = c.req.valid('json');
    return c.json(await asked(services, c.req.valid('param').cache, question, options), 200);
  });
  app.openapi(entailRoute, async (c) => {
    checkTask(services, snliVe.name, 'judge hypotheses');
    const { hypothesis, ...options } = c.req.valid('json');
    return c.json(await asked(services, c.req.valid('param').cache, hypothesis, options), 200);
  });
  app.openapi(reasonRoute, async (c) => {
    checkTask(services, nlvr2.name, 'judge statements about two images');
    const { statement, images } = c.req.valid('json');
    const { warnings, onWarning } = collectWarnings();
    const prepared = await preparedImages(services, images);
    const answers = await answerPrepared(services.predictor, prepared, statement, { onWarning });
    return c.json({ answers, warnings }, 200);
  });
};

const asked = async (services: Services, cache: string, question: string, options: AskOptions) => {
  const { warnings, onWarning } = collectWarnings();
  const answers = await storeNamed(services, cache).view.withCurrent((images) =>
    ask(services.predictor, images, question, { ...options, onWarning }),
  );
  return { answers, warnings };
};
