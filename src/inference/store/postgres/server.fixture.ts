import { execFile } from 'node:child_process';
import { chown, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Folder of PostgreSQL's programs with pgvector beside them; without it the tests of the database are left out. */
export const programs = process.env.DIDE_POSTGRES;

/** `nobody`: PostgreSQL refuses to run as root. */
const NOBODY = 65_534;
const user = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};

/** A server of its own, on a free port of this machine. */
export interface TestServer extends AsyncDisposable {
  /** Address of a cache in its database. */
  readonly address: (cache: string) => string;
  /** Stops it, runs something, and starts it again. */
  readonly restart: (meanwhile: () => Promise<void>) => Promise<void>;
}

/** Starts a server with an empty database. */
export const startServer = async (): Promise<TestServer> => {
  const folder = await mkdtemp(join(tmpdir(), 'dide-postgres-'));
  if (user.uid !== undefined) await chown(folder, user.uid, user.gid);
  const [data, port] = [join(folder, 'data'), await freePort()];
  const program = (name: string, ...args: string[]) => run(join(programs!, name), args, { ...user, cwd: folder });
  await program('initdb', '-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-sync');
  const options = `-p ${port} -k ${folder} -c listen_addresses=127.0.0.1 -c fsync=off`;
  const start = () => program('pg_ctl', '-D', data, '-o', options, '-l', join(folder, 'log'), '-w', 'start');
  await start();
  return {
    address: (cache) => `postgres://postgres:secret@127.0.0.1:${port}/postgres?cache=${cache}`,
    restart: async (meanwhile) => {
      await program('pg_ctl', '-D', data, '-m', 'fast', '-w', 'stop');
      try {
        await meanwhile();
      } finally {
        await start();
      }
    },
    [Symbol.asyncDispose]: async () => {
      await program('pg_ctl', '-D', data, '-m', 'immediate', 'stop');
      await rm(folder, { recursive: true, force: true });
    },
  };
};

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
