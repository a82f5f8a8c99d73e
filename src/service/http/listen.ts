import { createServer as createHttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { UserError } from '../../errors.ts';
import type { admission } from './admission.ts';

/** An open port. */
export interface Listening {
  readonly url: string;
  /** Takes no more connections and waits for the requests under way, so many seconds at most. */
  close(seconds: number): Promise<void>;
}

/** Address to listen on, and the most time that a request may take to arrive. */
export interface ListenOptions {
  readonly host: string;
  readonly port: number;
  readonly seconds: number;
  /** Decides whether a request is handed on, before its body is read. */
  readonly admit: ReturnType<typeof admission>;
}

type Fetch = Parameters<typeof getRequestListener>[0];

/** Time between two looks at whether connections have become idle. */
const LOOK_MILLISECONDS = 20;

/** Room for the longest address: the globs and folders of a list, each letter in up to nine bytes. */
const HEADER_BYTES = 65_536;

/** Listens, and hands every request to a function. @throws UserError where the address may not be had. */
export const listen = async (fetch: Fetch, { host, port, seconds, admit }: ListenOptions): Promise<Listening> => {
  const answer = getRequestListener(fetch);
  const server = createHttpServer(
    {
      ...{ requestTimeout: 1000 * seconds, headersTimeout: Math.min(10_000, 1000 * seconds), keepAliveTimeout: 5000 },
      maxHeaderSize: HEADER_BYTES,
    },
    (request, response) => admit(request, response, () => void answer(request, response)),
  );
  // who waits for leave to send a large body sends none that is refused
  server.on('checkContinue', (request, response) =>
    admit(request, response, () => {
      response.writeContinue();
      void answer(request, response);
    }),
  );
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(explained(error, host, port)));
    server.listen(port, host, resolve);
  });
  const address = server.address() as AddressInfo;
  const name = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  return {
    url: `http://${name}:${address.port}`,
    close: async (patience) => {
      const closed = new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
      // a connection that is kept alive becomes idle only after its answer
      const looking = setInterval(() => server.closeIdleConnections(), LOOK_MILLISECONDS);
      const giveUp = setTimeout(() => server.closeAllConnections(), 1000 * patience);
      await closed;
      clearInterval(looking);
      clearTimeout(giveUp);
    },
  };
};

const explained = (error: NodeJS.ErrnoException, host: string, port: number): Error => {
  const why: Readonly<Record<string, string>> = {
    EADDRINUSE: 'another program listens there: give another port (--port)',
    EACCES: 'it may not be listened on: give a port from 1024 up (--port)',
    EADDRNOTAVAIL: 'this machine has no such address: give one of its own (--host)',
    ENOTFOUND: 'there is no such address: give one of this machine (--host)',
  };
  const advice = why[error.code ?? ''];
  return advice === undefined ? error : new UserError(`${host}:${port}: ${advice}`, { cause: error });
};
