import type { Context, MiddlewareHandler } from 'hono';
import { routePath } from 'hono/route';
import type { Logger } from 'pino';
import { problemOf } from '../problem.ts';
import type { Metrics } from './metrics.ts';

/** Writes a line of the log and a measure for every request. No text that was asked is written. */
export const observed =
  (log: Logger, metrics: Metrics): MiddlewareHandler =>
  async (c, next) => {
    const began = performance.now();
    await next();
    const milliseconds = performance.now() - began;
    const { method, path } = c.req;
    const { status } = c.res;
    const route = status === 404 && routePath(c, -1).endsWith('*') ? 'none' : routePath(c, -1);
    metrics.answered({ method, route, status }, milliseconds / 1000);
    const line = { requestId: c.get('requestId'), method, path, status, milliseconds, ...ownerIn(c) };
    const fault = c.error && !problemOf(c.error) ? { err: c.error } : {};
    const said = c.error && status >= 500 ? { problem: c.error.message } : {};
    if (status >= 500 && status !== 503) log.error({ ...line, ...said, ...fault }, 'failed');
    else log.info({ ...line, ...said }, 'answered');
  };

const ownerIn = (c: Context): { readonly key?: string } => {
  const owner = c.get('owner') as string | undefined;
  return owner === undefined ? {} : { key: owner };
};
