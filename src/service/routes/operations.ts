import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { Problem } from '../problem.ts';
import type { Services } from '../services.ts';
import { jsonResponse, problem } from './schemas.ts';

const state = z.object({ status: z.string() });

const healthRoute = createRoute({
  method: 'get',
  path: '/health',
  operationId: 'health',
  tags: ['operation'],
  security: [],
  summary: 'Whether the process runs.',
  responses: { 200: jsonResponse(state, 'It does.') },
});

const readyRoute = createRoute({
  method: 'get',
  path: '/ready',
  operationId: 'ready',
  tags: ['operation'],
  security: [],
  summary: 'Whether questions are taken: not while the server starts or stops, nor where a cache cannot be read.',
  responses: {
    200: jsonResponse(state, 'They are.'),
    503: { description: 'They are not.', content: { 'application/problem+json': { schema: problem } } },
  },
});

const metricsRoute = createRoute({
  method: 'get',
  path: '/metrics',
  operationId: 'metrics',
  tags: ['operation'],
  summary: 'Measures for Prometheus.',
  responses: { 200: { description: 'Measures.', content: { 'text/plain': { schema: z.string() } } } },
});

/** Adds the routes by which a server is operated. */
export const addOperations = (app: OpenAPIHono, { isReady, metrics, stores }: Services): void => {
  app.openapi(healthRoute, (c) => c.json({ status: 'ok' }, 200));
  app.openapi(readyRoute, async (c) => {
    if (!isReady()) throw new Problem(503, 'the server is starting or stopping', { 'retry-after': '1' });
    await Promise.all([...stores.values()].map(({ view }) => view.current()));
    return c.json({ status: 'ready' }, 200);
  });
  app.openapi(metricsRoute, async (c) => c.text(await metrics.text(), 200, { 'content-type': metrics.mediaType }));
};
