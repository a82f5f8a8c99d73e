import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { answerPrepared } from '../../inference/answer-prepared.ts';
import { nlvr2 } from '../../tasks/nlvr2.ts';
import type { Services } from '../services.ts';
import { checkTask, collectWarnings, preparedImages } from './requested.ts';
import { imageRef, jsonBody, jsonResponse, problems, rankedAnswer, text, top, warnings } from './schemas.ts';

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

/** Adds the routes that answer about the images of a request. */
export const addAnswering = (app: OpenAPIHono, services: Services): void => {
  app.openapi(answerRoute, async (c) => {
    const { question, images, top } = c.req.valid('json');
    const { warnings, onWarning } = collectWarnings();
    const prepared = await preparedImages(services, images);
    const answers = await answerPrepared(services.predictor, prepared, question, { top, onWarning });
    return c.json({ answers, warnings }, 200);
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
