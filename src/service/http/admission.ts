import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { MiddlewareHandler } from 'hono';
import { Problem, problemBody } from '../problem.ts';

/** A bound on requests that are worked on at the same time. */
export interface Gate {
  readonly inFlight: () => number;
  /** Finds a place, which is taken from when it is held until it is left as often; undefined where there is none. */
  find(): Place | undefined;
}

/** A place of a gate. */
export interface Place {
  /** Holds the place, or holds it once more, until the returned function is called. */
  hold(): () => void;
}

/** A gate with so many places. */
export const createGate = (most: number): Gate => {
  let inFlight = 0;
  return {
    inFlight: () => inFlight,
    find: () => {
      if (inFlight >= most) return undefined;
      let holds = 0;
      return {
        hold: () => {
          if (holds === 0) inFlight += 1;
          holds += 1;
          return () => {
            holds -= 1;
            if (holds === 0) inFlight -= 1;
          };
        },
      };
    },
  };
};

/** Time after which a request is refused: who asks again at once costs no more than so many refusals a second. */
const PAUSE_MILLISECONDS = 100;
/** Refusals that wait at the same time; further ones are sent at once. */
const MOST_PAUSED = 4096;

const places = new WeakMap<IncomingMessage, Place>();

/** Options of `admit`. */
export interface AdmissionOptions {
  readonly gate: Gate;
  readonly onRefused: () => void;
}

/**
 * Hands a request on where the gate has a place, and otherwise refuses it with 429, before anything of it is read. A
 * request has its place until it is answered and its work has ended, also where its asker has been answered 504 by then.
 */
export const admission = ({ gate, onRefused }: AdmissionOptions) => {
  let paused = 0;
  const refuseSoon = (response: ServerResponse): void => {
    paused += 1;
    setTimeout(() => {
      paused -= 1;
      refuse(response);
    }, PAUSE_MILLISECONDS);
  };
  return (request: IncomingMessage, response: ServerResponse, handle: () => void): void => {
    const place = isWork(request.url!) ? gate.find() : 'free';
    if (place === undefined) {
      onRefused();
      if (paused < MOST_PAUSED) refuseSoon(response);
      else refuse(response);
      return;
    }
    if (place !== 'free') {
      places.set(request, place);
      response.once('close', place.hold());
    }
    handle();
  };
};

/** Whether a request may cost something. A path that is written with % is read where routes are found. */
const isWork = (url: string): boolean => url.startsWith('/v1/') || url.includes('%');

const refuse = (response: ServerResponse): void => {
  if (response.destroyed) return;
  const id = randomUUID();
  const body = JSON.stringify(problemBody(busy(), id));
  response.writeHead(429, {
    ...{ 'content-type': 'application/problem+json', 'content-length': body.length, 'retry-after': '1' },
    'x-request-id': id,
  });
  response.end(body);
};

const busy = (): Problem => new Problem(429, 'the server works on as many requests as it takes: try again later');

/** Holds the place of a request until its work has ended. */
export const holdPlace: MiddlewareHandler = async (c, next) => {
  const { incoming } = (c.env ?? {}) as { readonly incoming?: IncomingMessage };
  const leave = incoming && places.get(incoming)?.hold();
  try {
    await next();
  } finally {
    leave?.();
  }
};

/** Refuses a request with 429 where a gate has no place for it. */
export const passGate =
  ({ gate, onRefused }: AdmissionOptions): MiddlewareHandler =>
  async (_, next) => {
    const leave = gate.find()?.hold();
    if (!leave) {
      onRefused();
      const { message } = busy();
      throw new Problem(429, message, { 'retry-after': '1' });
    }
    try {
      await next();
    } finally {
      leave();
    }
  };
