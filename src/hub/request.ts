import { setTimeout as sleep } from 'node:timers/promises';
import { UserError } from '../errors.ts';
import { type Repository, shownRepository } from './address.ts';
import type { HubSettings } from './settings.ts';

/** The Hub's refusal of a request. */
export class HubRefusal extends UserError {
  readonly status: number;

  constructor(message: string, status: number) {
    super(message);
    this.status = status;
  }
}

/** The error where the Hub does not answer: there is no network, or the address is wrong. */
export class UnreachableError extends UserError {}

/** A connection that ended before all was said. */
export class CutError extends UserError {}

/** `fetch` for a repository: with the user's token, patient, and with errors that say what to do. */
export type HubRequest = (url: URL | Request | string, init?: RequestInit) => Promise<Response>;

/** Attempts at a request, and most seconds that the Hub may ask to wait. */
const ATTEMPTS = 5;
const LONGEST_WAIT = 300;

/** Options of `createRequest`. */
export interface RequestOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called before a wait of more than a second, with a sentence. */
  readonly onNotice?: ((message: string) => void) | undefined;
}

/**
 * Creates the requests about a repository. Answers of 429 and 5xx are asked for again, after as long as `Retry-After` says
 * or, where it is absent, after 0.5, 1, 2 and 4 seconds. The token goes to the Hub alone.
 */
export const createRequest = (
  repository: Repository,
  settings: HubSettings,
  { signal, onNotice }: RequestOptions = {},
): HubRequest => {
  const { origin } = new URL(settings.endpoint);
  return async (url, init = {}) => {
    const address = new URL(url instanceof Request ? url.url : url);
    const headers = new Headers(init.headers);
    headers.set('user-agent', 'dide');
    if (address.origin === origin && settings.token) headers.set('authorization', `Bearer ${settings.token}`);
    else if (address.origin !== origin && headers.get('authorization')?.startsWith('Bearer hf_'))
      headers.delete('authorization');
    for (let attempt = 1; ; attempt += 1) {
      const answer = await answered(address, { ...init, headers, ...(signal && { signal }) }, settings);
      if (answer instanceof Response && answer.ok) return answer;
      const isLast = attempt === ATTEMPTS || !isWorthRepeating(answer, init.method);
      const seconds = answer instanceof Response ? waitOf(answer, attempt) : 2 ** (attempt - 2);
      if (isLast || seconds > LONGEST_WAIT)
        throw answer instanceof Response ? await refusalOf(answer, repository, settings) : answer;
      if (answer instanceof Response) await answer.body?.cancel();
      if (seconds > 1) onNotice?.(`${address.host}: asks to wait for ${Math.ceil(seconds)} s.`);
      await sleep(1000 * seconds, undefined, signal ? { signal } : {}).catch(() => signal?.throwIfAborted());
    }
  };
};

/** The answer, or the error of the connection. @throws the reason of an abortion. */
const answered = async (url: URL, init: RequestInit, settings: HubSettings): Promise<Response | UserError> => {
  try {
    return await fetch(url, init);
  } catch (error) {
    init.signal?.throwIfAborted();
    return connectionError(error, settings);
  }
};

/** Codes of errors of a connection that was there, as against one that could not be made. */
const CUT = /^(ECONNRESET|EPIPE|UND_ERR_SOCKET|UND_ERR_BODY_TIMEOUT|UND_ERR_HEADERS_TIMEOUT)$/;

/** The error of a request, explained. */
const connectionError = (error: unknown, { endpoint }: HubSettings): UserError => {
  const { code = '', message } = (error as { readonly cause?: { readonly code?: string; readonly message?: string } })
    .cause ?? { message: (error as Error).message };
  if (CUT.test(code)) return cutError(endpoint, { why: code, cause: error });
  return new UnreachableError(`${new URL(endpoint).host} cannot be reached (${code || message})`, { cause: error });
};

/** The error of a connection that ended before all was said. */
export const cutError = (
  endpoint: string,
  { why, cause }: { readonly why: string; readonly cause?: unknown },
): CutError =>
  new CutError(`${new URL(endpoint).host}: the connection was cut (${why}): try again; what was fetched is kept`, {
    cause,
  });

const isWorthRepeating = (answer: Response | UserError, method = 'GET'): boolean => {
  if (!(answer instanceof Response)) return answer instanceof CutError && method === 'GET';
  if (answer.status === 429 || answer.status === 503) return true;
  return method === 'GET' && [500, 502, 504].includes(answer.status);
};

/** Seconds to wait before the next attempt. */
const waitOf = (answer: Response, attempt: number): number => {
  const said = answer.headers.get('retry-after')?.trim();
  if (said === undefined) return 2 ** (attempt - 2);
  const seconds = /^\d+(\.\d+)?$/.test(said) ? Number(said) : (Date.parse(said) - Date.now()) / 1000;
  return Number.isFinite(seconds) ? Math.max(0, seconds) : 2 ** (attempt - 2);
};

/** Explanation of the Hub's refusal, and advice. */
const refusalOf = async (
  answer: Response,
  repository: Repository,
  { endpoint, token }: HubSettings,
): Promise<HubRefusal> => {
  const { status, headers } = answer;
  const code = headers.get('x-error-code') ?? '';
  const said = await reasonIn(answer);
  const what = { model: 'model', dataset: 'data set' }[repository.kind];
  const page = `${endpoint}/${repository.kind === 'dataset' ? 'datasets/' : ''}${repository.id}`;
  const logIn = `set HF_TOKEN to a token of your account (${endpoint}/settings/tokens), or run \`hf auth login\``;
  const refuse = (why: string): HubRefusal => new HubRefusal(`${shownRepository(repository)}: ${why}`, status);
  if (code === 'GatedRepo' || (status === 403 && /gated|restricted|awaiting/i.test(said)))
    return refuse(
      `the ${what} is gated: accept its conditions at ${page}${token ? ' with the account of your token' : `, then ${logIn}`}`,
    );
  if (code === 'RevisionNotFound')
    return refuse(`the ${what} has no revision ${repository.revision}: see ${page}/tree/main`);
  if (status === 401 && token) return refuse(`the Hub does not know the token of HF_TOKEN, or the ${what}: ${logIn}`);
  if (status === 401 || status === 404)
    return refuse(
      `there is ${repository.kind === 'model' ? 'no such path here, and ' : ''}no such ${what} at ${new URL(endpoint).host}${token ? '' : ', or it is private'}: check the id${token ? '' : `; for a private one, ${logIn}`}`,
    );
  if (status === 403)
    return refuse(`the token may not do that${said && ` (${said})`}: give one with the right to, ${logIn}`);
  if (status === 429)
    return refuse(
      `too many requests: ${token ? 'try again later' : `${logIn}, which allows more, or try again later`}`,
    );
  return refuse(`${new URL(endpoint).host} answered ${status}${said && ` (${said})`}: try again later`);
};

/** The reason in the body of a refusal, in one line. */
const reasonIn = async (answer: Response): Promise<string> => {
  const text = await answer.text().catch(() => '');
  let said = answer.headers.get('x-error-message') ?? '';
  try {
    said ||= String((JSON.parse(text) as { readonly error?: unknown }).error ?? '');
  } catch {
    said ||= /^\s*</.test(text) ? '' : text;
  }
  return said.replaceAll(/\s+/g, ' ').trim().slice(0, 200);
};
