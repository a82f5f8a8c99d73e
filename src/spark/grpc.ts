import { type ClientHttp2Session, connect, constants, type IncomingHttpHeaders } from 'node:http2';

/** A call that a server answers with a stream of messages. */
export interface GrpcCall {
  /** `http://host:port`. */
  readonly url: string;
  /** `/package.Service/Method`. */
  readonly path: string;
  readonly message: Uint8Array;
  readonly token?: string | undefined;
  /** Ends the call: the server hears that nobody waits for it any more. */
  readonly signal?: AbortSignal | undefined;
}

/** An error that a server of gRPC answered with. */
export class GrpcError extends Error {
  /** https://grpc.github.io/grpc/core/md_doc_statuscodes.html */
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

/** Milliseconds after which a server that does not answer at all is given up. */
const CONNECTING = 20_000;

/**
 * Calls a method of gRPC, and yields the messages of its answer: frames of five bytes, which say whether they are compressed and
 * how long they are, over HTTP/2 (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md). Nothing is asked to be
 * compressed.
 *
 * @throws GrpcError where the server refuses, or its work fails; Error where it cannot be reached, or is lost.
 */
export async function* callGrpc(call: GrpcCall): AsyncGenerator<Uint8Array, void, undefined> {
  const session = await connected(call.url);
  const end = (): void => session.destroy();
  call.signal?.addEventListener('abort', end);
  try {
    yield* answered(session, call);
  } finally {
    call.signal?.removeEventListener('abort', end);
    end();
  }
}

const connected = (url: string): Promise<ClientHttp2Session> =>
  new Promise((resolve, reject) => {
    const session = connect(url);
    const timer = setTimeout(() => session.destroy(new Error('it does not answer')), CONNECTING);
    session.once('connect', () => {
      clearTimeout(timer);
      resolve(session);
    });
    // later ones come out of the stream
    session.on('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
  });

async function* answered(
  session: ClientHttp2Session,
  { path, message, token }: GrpcCall,
): AsyncGenerator<Uint8Array, void, undefined> {
  const stream = session.request({
    [constants.HTTP2_HEADER_METHOD]: 'POST',
    [constants.HTTP2_HEADER_PATH]: path,
    [constants.HTTP2_HEADER_CONTENT_TYPE]: 'application/grpc',
    te: 'trailers',
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  });
  let ends: IncomingHttpHeaders = {};
  // an error without a message has its status among the headers
  for (const name of ['response', 'trailers'] as const)
    stream.on(name, (headers: IncomingHttpHeaders) => {
      ends = { ...ends, ...headers };
    });
  stream.end(framed(message));
  yield* messagesIn(stream as AsyncIterable<Buffer>);
  checkEnd(ends);
}

const framed = (message: Uint8Array): Buffer => {
  const head = Buffer.alloc(HEAD);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
};

/** Bytes before a message. */
const HEAD = 5;

/** The messages in the pieces of a stream. @throws Error where it ends inside of one. */
async function* messagesIn(pieces: AsyncIterable<Buffer>): AsyncGenerator<Uint8Array, void, undefined> {
  let held: Buffer[] = [];
  let length = 0;
  let needed = HEAD;
  for await (const piece of pieces) {
    held.push(piece);
    length += piece.length;
    while (length >= needed) {
      const bytes = Buffer.concat(held);
      const end = HEAD + bytes.readUInt32BE(1);
      needed = end;
      if (length >= end) {
        if (bytes[0] !== 0) throw new Error('it compresses its messages, which was not asked for');
        yield bytes.subarray(HEAD, end);
        length -= end;
        needed = HEAD;
      }
      held = [length < bytes.length ? bytes.subarray(bytes.length - length) : bytes];
    }
  }
  if (length > 0) throw new Error('its answer ends inside of a message');
}

const checkEnd = (headers: IncomingHttpHeaders): void => {
  const status = headers['grpc-status'];
  if (status === '0') return;
  if (status === undefined)
    throw new Error(`it ended the answer without a status of gRPC (HTTP ${headers[':status'] ?? 'without one'})`);
  throw new GrpcError(Number(status), decoded(String(headers['grpc-message'] ?? '')));
};

/** A message is in UTF-8, with % before what is no plain letter. */
const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};
