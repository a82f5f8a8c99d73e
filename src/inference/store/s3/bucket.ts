import { setTimeout as sleep } from 'node:timers/promises';
import { UserError } from '../../../errors.ts';

/** A cache in a bucket. */
export interface BucketPlace {
  /** Its address, for messages: `s3://bucket/prefix`. */
  readonly shown: string;
  readonly bucket: string;
  /** Beginning of the keys of its objects, with a slash at its end. */
  readonly prefix: string;
}

/**
 * Reads an address: `s3://bucket/photos`.
 *
 * @throws UserError where it is none, or names no prefix: a bucket may hold other things.
 */
export const placeOf = (address: string): BucketPlace => {
  const [, bucket, prefix] = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])\/+([\w!.*'() /-]+?)\/*$/i.exec(address) ?? [];
  if (bucket === undefined || /(^|\/)\.{0,2}(\/|$)/.test(prefix!))
    throw new UserError(
      `${address}: it is no address of a cache in a bucket: write s3://bucket/prefix, of letters, digits and - _ . /`,
    );
  return { shown: `s3://${bucket}/${prefix}`, bucket, prefix: `${prefix}/` };
};

/** Objects of a cache, by their keys without its prefix. */
export interface Bucket {
  /** All bytes of an object, or a range of them; undefined where there is no such object. */
  get(key: string, range?: { readonly offset: number; readonly length: number }): Promise<Uint8Array | undefined>;
  /** Writes an object whole. */
  put(key: string, bytes: Uint8Array): Promise<void>;
  /** Writes an object whole where there is none of its key. → whether that was so */
  create(key: string, bytes: Uint8Array): Promise<boolean>;
  /** Keys that begin so, and their bytes, in order. */
  list(beginning: string): Promise<{ readonly key: string; readonly bytes: number }[]>;
  remove(key: string): Promise<void>;
}

/** Attempts at a request whose connection is cut. */
const ATTEMPTS = 4;

/**
 * Opens the objects of a cache, by the variables that AWS's own tools know: `AWS_ENDPOINT_URL_S3` or `AWS_ENDPOINT_URL` for a
 * server of another kind, `AWS_REGION`, `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN`.
 *
 * @throws UserError where the keys are not given.
 */
export const openBucket = async (place: BucketPlace, env: NodeJS.ProcessEnv = process.env): Promise<Bucket> => {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = env;
  if (!accessKeyId || !secretAccessKey)
    throw new UserError(
      `${place.shown}: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set: set them, and AWS_ENDPOINT_URL for a server of another kind than AWS`,
    );
  const { AwsClient } = await import('aws4fetch');
  const region = env.AWS_REGION || env.AWS_DEFAULT_REGION || 'us-east-1';
  const token = env.AWS_SESSION_TOKEN ? { sessionToken: env.AWS_SESSION_TOKEN } : {};
  // it asks again after 5xx and 429, after longer and longer pauses
  const client = new AwsClient({ accessKeyId, secretAccessKey, ...token, region, service: 's3', retries: 5 });
  const root = rootOf(place, region, env);
  const urlOf = (key: string): string => `${root}/${`${place.prefix}${key}`.split('/').map(encoded).join('/')}`;
  const request = async (url: string, init: RequestInit, tolerated: readonly number[]): Promise<Response> => {
    for (let attempt = 1; ; attempt += 1) {
      try {
        const answer = await client.fetch(url, init);
        if (answer.ok || tolerated.includes(answer.status)) return answer;
        throw await refusalOf(answer, place, region);
      } catch (error) {
        if (error instanceof UserError) throw error;
        if (attempt === ATTEMPTS || !isCut(error)) throw unreachable(error, place, root);
      }
      await sleep(100 * 2 ** attempt);
    }
  };
  return {
    get: (key, range) => getObject((init) => request(urlOf(key), init, [404]), range, `${place.shown}/${key}`),
    put: async (key, bytes) => void (await request(urlOf(key), putting(bytes), [])),
    create: async (key, bytes) => {
      const headers = { 'if-none-match': '*' };
      const { status } = await request(urlOf(key), { ...putting(bytes), headers }, [409, 412]);
      return status !== 412 && status !== 409;
    },
    list: (beginning) => listObjects((query) => request(`${root}?${query}`, {}, []), place.prefix, beginning),
    remove: async (key) => void (await request(urlOf(key), { method: 'DELETE' }, [404])),
  };
};

const putting = (bytes: Uint8Array): RequestInit => ({ method: 'PUT', body: bytes as Uint8Array<ArrayBuffer> });

const encoded = (part: string): string =>
  encodeURIComponent(part).replaceAll(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);

/** Address of the bucket: a path of the given endpoint, or a host of AWS. */
const rootOf = ({ bucket, shown }: BucketPlace, region: string, env: NodeJS.ProcessEnv): string => {
  const endpoint = (env.AWS_ENDPOINT_URL_S3 || env.AWS_ENDPOINT_URL || '').replace(/\/+$/, '');
  if (endpoint !== '' && !(URL.canParse(endpoint) && /^https?:\/\//.test(endpoint)))
    throw new UserError(
      `${shown}: AWS_ENDPOINT_URL is ${JSON.stringify(endpoint)}, and no address: write http://host:port`,
    );
  if (endpoint !== '') return `${endpoint}/${bucket}`;
  // a certificate has no name with more dots
  return bucket.includes('.')
    ? `https://s3.${region}.amazonaws.com/${bucket}`
    : `https://${bucket}.s3.${region}.amazonaws.com`;
};

const getObject = async (
  request: (init: RequestInit) => Promise<Response>,
  range: { readonly offset: number; readonly length: number } | undefined,
  shown: string,
): Promise<Uint8Array | undefined> => {
  const headers = range ? { range: `bytes=${range.offset}-${range.offset + range.length - 1}` } : undefined;
  const answer = await request(headers ? { headers } : {});
  if (answer.status === 404) {
    const text = await answer.text();
    if (text.includes('NoSuchBucket'))
      throw new UserError(`${shown}: there is no such bucket: make it, or check the address`);
    return undefined;
  }
  const bytes = new Uint8Array(await answer.arrayBuffer());
  if (range && answer.status !== 206) return bytes.subarray(range.offset, range.offset + range.length);
  return bytes;
};

/** Lists the keys that begin so, a thousand at a time. */
const listObjects = async (
  request: (query: URLSearchParams) => Promise<Response>,
  prefix: string,
  beginning: string,
): Promise<{ key: string; bytes: number }[]> => {
  const found: { key: string; bytes: number }[] = [];
  for (let token: string | undefined = ''; token !== undefined; ) {
    const query = new URLSearchParams({ 'list-type': '2', prefix: prefix + beginning });
    if (token !== '') query.set('continuation-token', token);
    const text = await (await request(query)).text();
    for (const [, object] of text.matchAll(/<Contents>(.*?)<\/Contents>/gs)) {
      const key = textIn(object!, 'Key') ?? '';
      found.push({ key: key.slice(prefix.length), bytes: Number(textIn(object!, 'Size')) });
    }
    token = textIn(text, 'IsTruncated') === 'true' ? textIn(text, 'NextContinuationToken') : undefined;
  }
  return found.sort((a, b) => (a.key < b.key ? -1 : 1));
};

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };

/** The text of an element of XML. */
const textIn = (xml: string, name: string): string | undefined => {
  const [, text] = new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml) ?? [];
  return text?.replaceAll(/&(?:#(\d+)|(\w+));/g, (all, code, entity) =>
    code ? String.fromCodePoint(Number(code)) : (ENTITIES[entity] ?? all),
  );
};

/** Whether a connection was there and ended, as against one that could not be made. */
const isCut = (error: unknown): boolean => {
  const { code = '' } = ((error as Error).cause ?? {}) as { readonly code?: string };
  return /^(ECONNRESET|EPIPE|UND_ERR_SOCKET|UND_ERR_BODY_TIMEOUT|UND_ERR_HEADERS_TIMEOUT)$/.test(code);
};

const unreachable = (error: unknown, { shown }: BucketPlace, root: string): UserError => {
  const { code, message } = ((error as Error).cause ?? error) as { readonly code?: string; readonly message: string };
  return new UserError(
    `${shown}: ${new URL(root).host} cannot be reached (${code || message}): start the server, or check AWS_ENDPOINT_URL and AWS_REGION`,
    { cause: error },
  );
};

/** Advice by the code of a refusal. */
const advice: readonly (readonly [code: RegExp, what: string])[] = [
  [/^NoSuchBucket$/, 'there is no such bucket: make it, or check the address'],
  [
    /^(SignatureDoesNotMatch|InvalidAccessKeyId|InvalidToken|ExpiredToken|TokenRefreshRequired)$/,
    'check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN',
  ],
  [
    /^(PermanentRedirect|AuthorizationHeaderMalformed|IllegalLocationConstraintException)$/,
    'set AWS_REGION to the region of the bucket',
  ],
  [/^(AccessDenied|AllAccessDisabled|403)$/, 'ask for the right to read, list and write there'],
  [/^(RequestTimeTooSkewed)$/, 'set the clock of this machine'],
  [
    /^(NotImplemented|501)$/,
    'its server does not know this: take another, which has conditional writes (If-None-Match)',
  ],
];

const refusalOf = async (answer: Response, { shown }: BucketPlace, region: string): Promise<UserError> => {
  const text = await answer.text().catch(() => '');
  const code = textIn(text, 'Code') ?? `${answer.status}`;
  const what = advice.find(([codes]) => codes.test(code))?.[1] ?? 'try again later, or see the log of the server';
  const where = /region/.test(what) ? `, AWS_REGION is ${region}` : '';
  return new UserError(`${shown}: it was refused (${code}${where}): ${what}`);
};
