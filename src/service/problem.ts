import { HTTPException } from 'hono/http-exception';
import { UserError } from '../errors.ts';

/** An error as the service sends it: an object of RFC 9457, `application/problem+json`. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly status: number;
  /** Headers of the response: `Retry-After`. */
  readonly headers: Readonly<Record<string, string>>;

  /** @param detail what is wrong here, and what to do. */
  constructor(status: number, detail: string, headers: Readonly<Record<string, string>> = {}) {
    super(detail);
    this.status = status;
    this.headers = headers;
  }
}

/** Body of a problem. */
export interface ProblemBody {
  /** `about:blank`: the status says what kind of problem it is. */
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  /** The request, as the log names it. */
  readonly instance: string;
}

const titles: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  409: 'Conflict',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  422: 'Unprocessable Content',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
  507: 'Insufficient Storage',
};

/** A problem as an object. */
export const problemBody = ({ status, message }: Problem, requestId: string): ProblemBody => ({
  type: 'about:blank',
  title: titles[status] ?? 'Error',
  status,
  detail: message,
  instance: `urn:request:${requestId}`,
});

/** The response for a problem. */
export const problemResponse = (problem: Problem, requestId: string): Response =>
  new Response(JSON.stringify(problemBody(problem, requestId)), {
    status: problem.status,
    headers: { 'content-type': 'application/problem+json', 'x-request-id': requestId, ...problem.headers },
  });

/** The problem that an error is to the one who asked; undefined where it is a fault of ours. */
export const problemOf = (error: unknown): Problem | undefined => {
  if (error instanceof Problem) return error;
  if (error instanceof UserError)
    return isDiskRefusal(error)
      ? new Problem(507, 'the disk of the server is full, or may not be written: nothing was changed')
      : new Problem(422, error.message);
  if (error instanceof HTTPException)
    return new Problem(error.status, error.message || titles[error.status] || 'error');
  return undefined;
};

/** Whether the disk refused. Its message names the server's own paths, which are nobody else's business. */
export const isDiskRefusal = ({ cause }: UserError): boolean =>
  /^(ENOSPC|EDQUOT|EFBIG|EACCES|EPERM|EROFS)$/.test(String((cause as NodeJS.ErrnoException | undefined)?.code));
