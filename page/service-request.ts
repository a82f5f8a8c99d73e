import { SourceError } from './source.ts';

/** Address of a service, and options of asking it. */
export interface ServiceAddress {
  /** Its address, with a slash at the end: that of the page. */
  readonly url: string;
  /** The key to ask with, as somebody has typed it; undefined while nobody has. */
  readonly key: () => string | undefined;
}

/** A cache of a service. */
export interface CachePlace {
  readonly service: ServiceAddress;
  /** Path of its routes. */
  readonly root: string;
  /** Its name. */
  readonly cache: string;
}

/** A request: a body is sent as JSON, a Blob as it is. */
export interface ServiceRequest {
  readonly method?: 'GET' | 'POST' | undefined;
  readonly query?: Readonly<Record<string, string | number | undefined>> | undefined;
  readonly body?: object | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Number of times that a request is sent again while the service is busy. */
const RETRIES = 3;
/** Longest wait before that, in seconds. */
const LONGEST_WAIT = 5;

/** Sends a request, again where the service is busy. @throws SourceError where the answer is a problem. */
export const requestOf = async (
  service: ServiceAddress,
  path: string,
  { method = 'GET', query = {}, body, signal }: ServiceRequest = {},
): Promise<Response> => {
  const url = new URL(path, service.url);
  for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, String(value));
  const key = service.key();
  const headers = {
    ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
    ...(body === undefined
      ? {}
      : { 'content-type': body instanceof Blob ? 'application/octet-stream' : 'application/json' }),
  };
  const sent = body === undefined || body instanceof Blob ? body : JSON.stringify(body);
  for (let tries = 0; ; tries += 1) {
    const response = await answered(url, {
      method,
      headers,
      ...(sent ? { body: sent } : {}),
      ...(signal ? { signal } : {}),
    });
    if (response.ok) return response;
    if (!isBusy(response) || tries >= RETRIES) throw await failureOf(response);
    await wait(Math.min(LONGEST_WAIT, Number(response.headers.get('retry-after')) || 1), signal);
  }
};

/** The object of JSON that a request is answered with. */
export const jsonFrom = async <T>(service: ServiceAddress, path: string, request?: ServiceRequest): Promise<T> =>
  (await (await requestOf(service, path, request)).json()) as T;

const answered = async (url: URL, init: RequestInit): Promise<Response> => {
  try {
    return await fetch(url, init);
  } catch (error) {
    // a request that is no longer wanted failed as it was meant to
    if (init.signal?.aborted) throw error;
    throw new SourceError('unreachable', 'The server does not answer.', { cause: error });
  }
};

const isBusy = ({ status }: Response): boolean => status === 429 || status === 503;

const failureOf = async (response: Response): Promise<SourceError> => {
  const { detail } = (await response.json().catch(() => ({}))) as { readonly detail?: string };
  const message = detail ?? `The server answered ${response.status}.`;
  if (response.status === 401) return new SourceError('key', message);
  if (isBusy(response)) return new SourceError('busy', message);
  if (response.status === 409) return new SourceError('taken', message);
  return new SourceError(response.status < 500 ? 'refused' : 'fault', message);
};

const wait = (seconds: number, signal: AbortSignal | undefined): Promise<void> =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, 1000 * seconds);
    signal?.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
