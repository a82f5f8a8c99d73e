import { OpenAPIHono } from '@hono/zod-openapi';
import type { MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { cors } from 'hono/cors';
import { HTTPException } from 'hono/http-exception';
import { requestId } from 'hono/request-id';
import { secureHeaders } from 'hono/secure-headers';
import { timeout } from 'hono/timeout';
import type { Logger } from 'pino';
import { z } from 'zod';
import { Problem, problemOf, problemResponse } from '../problem.ts';
import { addAbout } from '../routes/about.ts';
import { addAnswering } from '../routes/answering.ts';
import { addAsking } from '../routes/asking.ts';
import { addEncoding } from '../routes/encoding.ts';
import { addFinding } from '../routes/finding.ts';
import { addImages } from '../routes/images.ts';
import { addListing } from '../routes/listing.ts';
import { addOperations } from '../routes/operations.ts';
import type { Services } from '../services.ts';
import { type Gate, holdPlace, passGate } from './admission.ts';
import { documentOf, homePage } from './document.ts';
import { askForKey, checkMediaType, limitRate, refuseOtherSites } from './guards.ts';
import type { ApiKey } from './keys.ts';
import { observed } from './observed.ts';
import { addPage, type PageFiles } from './page.ts';

/** Options of an app besides its services. */
export interface AppOptions {
  /** Keys of which a request must bring one, as they are now. Default: none is asked for. */
  readonly keys?: (() => readonly ApiKey[]) | undefined;
  readonly cors?: readonly string[] | undefined;
  readonly log: Logger;
  /** Files that are shown to people. Default: a page that names the routes. */
  readonly page?: PageFiles | undefined;
  /** Bound on requests with images. */
  readonly imageGate: Gate;
}

/** A service that does not listen. */
export interface App {
  /** Answers a request. */
  readonly fetch: OpenAPIHono['fetch'];
  /** Its OpenAPI document. */
  readonly document: ReturnType<typeof documentOf>;
}

/** The service as a function from requests to responses. It does not listen. */
export const createApp = (services: Services, options: AppOptions): App => {
  const app = new OpenAPIHono({
    defaultHook: (result) => {
      if (!result.success) throw new Problem(400, z.prettifyError(result.error).replaceAll('\n', ' '));
    },
  });
  app.onError((error, c) => {
    const problem = problemOf(error) ?? new Problem(500, 'a fault of the server, which its log describes');
    return problemResponse(problem, c.get('requestId' as never));
  });
  app.notFound((c) =>
    problemResponse(
      new Problem(404, 'there is nothing here: /openapi.json describes what is'),
      c.get('requestId' as never),
    ),
  );
  app.use(requestId({ limitLength: 64 }), observed(options.log, services.metrics), secureHeaders());
  guard(app, options);
  bound(app, services, options);
  addOperations(app, services);
  for (const add of [addAbout, addAsking, addAnswering, addFinding, addEncoding, addListing, addImages])
    add(app, services);
  const document = documentOf(app);
  app.get('/openapi.json', (c) => c.json(document));
  refuseOtherMethods(app, document.paths ?? {});
  if (options.page) addPage(app, options.page);
  else app.get('/', (c) => c.html(homePage(document)));
  return { fetch: app.fetch, document };
};

/** Refuses requests from other sites, and those without a key. */
const guard = (app: OpenAPIHono, { keys, cors: origins = [] }: AppOptions): void => {
  app.use(refuseOtherSites(origins, keys !== undefined));
  if (origins.length > 0) app.use(cors({ origin: [...origins], exposeHeaders: ['Retry-After', 'X-Request-Id'] }));
  if (!keys) return;
  const asksForKey = askForKey(keys);
  app.use('/v1/*', asksForKey);
  app.use('/metrics', asksForKey);
};

/** Limits requests: their rate, time, number at once, and bytes. */
const bound = (app: OpenAPIHono, { isReady, limits, metrics }: Services, { imageGate }: AppOptions): void => {
  const { perMinute, seconds, megabytes } = limits;
  if (perMinute > 0)
    app.use(
      '/v1/*',
      limitRate(perMinute, () => metrics.refused('rate')),
    );
  app.use('/v1/*', async (_, next) => {
    if (!isReady()) throw new Problem(503, 'the server is starting or stopping', { 'retry-after': '1' });
    await next();
  });
  const tooLate = new HTTPException(504, { message: `it takes longer than ${seconds} s` });
  app.use('/v1/*', timeout(1000 * seconds, tooLate), holdPlace);
  const passImageGate = passGate({ gate: imageGate, onRefused: () => metrics.refused('busy') });
  app.use('/v1/*', (c, next) => (bodyOf(c.req.path) === 'text' ? next() : passImageGate(c, next)));
  const checks = checksOf(megabytes * 1e6);
  app.use('/v1/*', (c, next) => checks[bodyOf(c.req.path)].mediaType(c, next));
  app.use('/v1/*', (c, next) => checks[bodyOf(c.req.path)].bytes(c, next));
};

/** Kind of a request's body: the file of an image, JSON with images in it, or JSON of words alone. */
type Body = 'file' | 'images' | 'text';

const bodyOf = (path: string): Body => {
  if (/^\/v1\/caches\/[^/]+\/(images|thumbnail)$/.test(path)) return 'file';
  return /^\/v1\/(answer|reason|explain|vectors\/images|caches\/[^/]+\/like)$/.test(path) ? 'images' : 'text';
};

/** Bytes of a body of words alone. */
const WORDS_BYTES = 1_000_000;
/** Images that a body of JSON may hold at their largest size, each a third longer in base64. */
const IMAGES_IN_JSON = 2;

const checksOf = (
  imageBytes: number,
): Readonly<Record<Body, { readonly mediaType: MiddlewareHandler; readonly bytes: MiddlewareHandler }>> => {
  const json = checkMediaType(/^application\/json\b/i, "send JSON, with the header 'Content-Type: application/json'");
  const file = checkMediaType(
    /^(image\/[\w.+-]+|application\/octet-stream)\b/i,
    "send the bytes of an image, with the header 'Content-Type: application/octet-stream'",
  );
  const inJson = WORDS_BYTES + Math.ceil((4 / 3) * IMAGES_IN_JSON * imageBytes);
  return {
    file: { mediaType: file, bytes: limitBytes(imageBytes) },
    images: { mediaType: json, bytes: limitBytes(inJson) },
    text: { mediaType: json, bytes: limitBytes(WORDS_BYTES) },
  };
};

const limitBytes = (maxSize: number): MiddlewareHandler =>
  bodyLimit({
    maxSize,
    onError: () => {
      throw new Problem(413, `the body has more than ${maxSize / 1e6} million bytes`);
    },
  });

/** Answers 405 to methods that a path does not have. */
const refuseOtherMethods = (app: OpenAPIHono, paths: Readonly<Record<string, object>>): void => {
  for (const [path, methods] of Object.entries(paths)) {
    const allow = Object.keys(methods).join(', ').toUpperCase();
    app.all(path.replaceAll(/\{(\w+)\}/g, ':$1'), () => {
      throw new Problem(405, `this path has ${allow} alone`, { allow });
    });
  }
};
