import type { MiddlewareHandler } from 'hono';
import { Problem } from '../problem.ts';

/** A bound on requests that are worked on at the same time. */
export interface Gate {
  readonly inFlight: () => number;
  /** Middleware that refuses a request with 429 where as many as may are under way. */
  readonly middleware: MiddlewareHandler;
}

/**
 * A bound on the requests that are worked on or wait for it. A request counts until its work ends, also where its asker
 * has been answered 504 by then, so that no work piles up.
 */
export const createGate = (most: number, onRefused: () => void): Gate => {
  let inFlight = 0;
  return {
    inFlight: () => inFlight,
    middleware: async (_, next) => {
      if (inFlight >= most) {
        onRefused();
        throw new Problem(429, `the server works on ${most} requests already: try again later`, { 'retry-after': '1' });
      }
      inFlight += 1;
      try {
        await next();
      } finally {
        inFlight -= 1;
      }
    },
  };
};
