import { getConnInfo } from '@hono/node-server/conninfo';
import type { MiddlewareHandler } from 'hono';
import { rateLimiter } from 'hono-rate-limiter';
import { Problem } from '../problem.ts';
import { type ApiKey, ownerOf } from './keys.ts';

/** Names by which a machine calls itself. */
const OWN_NAMES = /^(localhost|127(\.\d+){3}|\[::1\])(:\d+)?$/i;

/**
 * Refuses what only a page of another site sends: without keys a request for another host name, as after its name has
 * been turned to this machine (DNS rebinding); always one whose origin is neither the server's own nor among those named.
 */
export const refuseOtherSites =
  (origins: readonly string[], hasKeys: boolean): MiddlewareHandler =>
  async (c, next) => {
    const host = c.req.header('host') ?? '';
    if (!hasKeys && !OWN_NAMES.test(host))
      throw new Problem(403, `without keys the server answers to localhost alone, not to ${host.slice(0, 100)}`);
    const origin = c.req.header('origin');
    if (origin !== undefined && !origins.includes(origin) && hostOf(origin) !== host)
      throw new Problem(403, 'pages of other sites may not ask: name their origin as the server is started (--cors)');
    await next();
  };

const hostOf = (origin: string): string | undefined => (URL.canParse(origin) ? new URL(origin).host : undefined);

/** Lets in whoever brings one of the keys that there are now: `Authorization: Bearer <key>`. */
export const askForKey =
  (keys: () => readonly ApiKey[]): MiddlewareHandler =>
  async (c, next) => {
    const [, key] = /^Bearer ([\w.~+/-]+=*)$/i.exec(c.req.header('authorization') ?? '') ?? [];
    const owner = key === undefined ? undefined : ownerOf(key, keys());
    if (owner === undefined)
      throw new Problem(401, 'give a key: Authorization: Bearer <key>', { 'www-authenticate': 'Bearer' });
    c.set('owner', owner);
    await next();
  };

/** Bounds the requests a minute of each key, or of each address where there are no keys. */
export const limitRate = (perMinute: number, onRefused: () => void): MiddlewareHandler =>
  rateLimiter({
    windowMs: 60_000,
    limit: perMinute,
    keyGenerator: (c) => (c.get('owner' as never) as string | undefined) ?? getConnInfo(c).remote.address ?? 'unknown',
    handler: (c) => {
      onRefused();
      const { resetTime } = c.get('rateLimit' as never) as { readonly resetTime?: Date | undefined };
      const seconds = Math.max(1, Math.ceil(((resetTime?.getTime() ?? 0) - Date.now()) / 1000));
      throw new Problem(429, `more than ${perMinute} requests a minute: try again in ${seconds} s`, {
        'retry-after': String(seconds),
      });
    },
  });

/** Refuses a body of another media type than a route takes. */
export const checkMediaType =
  (accepted: RegExp, advice: string): MiddlewareHandler =>
  async (c, next) => {
    if (c.req.method === 'POST' && !accepted.test(c.req.header('content-type') ?? ''))
      throw new Problem(415, `the body is of another media type: ${advice}`);
    await next();
  };
