/** `dide/client`: a typed client of `dide serve`, for browsers and Node. */

import createFetchClient, { type Client as FetchClient, type Middleware } from 'openapi-fetch';
import type { components, paths } from './client/service.openapi.ts';

/** A client: `GET`, `POST` and `DELETE` by the paths of the service, with their types. */
export type Client = FetchClient<paths>;

/** Objects that the service sends and takes, by name: `Schemas['ImageAnswer']`. */
export type Schemas = components['schemas'];

/** Address of a service, and options of asking it. */
export interface ClientOptions {
  /** Its address: `http://127.0.0.1:8080`. */
  readonly url: string;
  /** Key to ask with, where it asks for one. */
  readonly key?: string | undefined;
  /** Function that sends requests. Default: the platform's `fetch`. */
  readonly fetch?: ((request: Request) => Promise<Response>) | undefined;
}

/**
 * Makes a client of a service.
 *
 *   const { POST } = createClient({ url: 'http://127.0.0.1:8080' });
 *   const { data, error } = await POST('/v1/caches/{cache}/ask', {
 *     params: { path: { cache: 'photos' } },
 *     body: { question: 'is there a dog?' },
 *   });
 *   data?.answers;                              // [{ image, answer, probability }, …]
 *   error?.detail;                              // what is wrong, and what to do
 */
export const createClient = ({ url, key, fetch }: ClientOptions): Client => {
  const client = createFetchClient<paths>({
    baseUrl: url,
    bodySerializer: (body: unknown) => (body instanceof Blob ? body : JSON.stringify(body)),
    ...(fetch ? { fetch } : {}),
    ...(key === undefined ? {} : { headers: { authorization: `Bearer ${key}` } }),
  });
  client.use(asFile);
  return client;
};

/** The file of an image is sent as it is, and everything else as JSON. */
const asFile: Middleware = {
  onRequest: ({ request, schemaPath }) => {
    if (request.method === 'POST' && schemaPath === '/v1/caches/{cache}/images')
      request.headers.set('content-type', 'application/octet-stream');
    return request;
  },
};
