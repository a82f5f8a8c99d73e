import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { AwsClient } from 'aws4fetch';

/** SeaweedFS's program; without it the tests of caches in buckets are left out. */
export const program = process.env.DIDE_SEAWEEDFS;

/** Keys that the server knows. */
export const KEYS = { accessKeyId: 'key', secretAccessKey: 'very-secret' } as const;

/** The environment as it was before the tests of a file, which change it. */
export const usual = { ...process.env };

/** The error of a promise, in words. */
export const saying = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'nothing',
    (error: unknown) => `${error}`,
  );

/** A server of its own, on free ports of this machine, with a bucket `photos`. */
export interface TestServer extends AsyncDisposable {
  readonly url: string;
  /** Variables by which it is found. */
  readonly env: Readonly<Record<string, string>>;
  /** A request of its owner. */
  readonly request: (path: string, init?: RequestInit) => Promise<Response>;
}

/** Starts a server with an empty bucket. */
export const startServer = async (): Promise<TestServer> => {
  const folder = await mkdtemp(join(tmpdir(), 'dide-s3-'));
  const ports = await freePorts(8);
  const names = ['master.port', 'volume.port', 'filer.port', 's3.port'];
  const given = names.flatMap((name, i) => [`-${name}=${ports[2 * i]}`, `-${name}.grpc=${ports[2 * i + 1]}`]);
  const identity = {
    name: 'dide',
    credentials: [{ accessKey: KEYS.accessKeyId, secretKey: KEYS.secretAccessKey }],
    actions: ['Admin', 'Read', 'Write', 'List'],
  };
  await writeFile(join(folder, 's3.json'), JSON.stringify({ identities: [identity] }));
  const how = ['-ip=127.0.0.1', '-ip.bind=127.0.0.1', '-filer', '-s3', `-s3.config=${join(folder, 's3.json')}`];
  const limits = ['-volume.max=8', '-master.volumeSizeLimitMB=64', '-s3.port.iceberg=0', '-s3.port.lance=0'];
  const child = spawn(program!, ['server', `-dir=${folder}`, ...how, ...given, ...limits], { stdio: 'ignore' });
  const url = `http://127.0.0.1:${ports[6]}`;
  const client = new AwsClient({ ...KEYS, service: 's3', region: 'us-east-1', retries: 3 });
  const request: TestServer['request'] = (path, init) => client.fetch(`${url}/${path}`, init);
  await whenUp(child, () => request('photos', { method: 'PUT' }));
  return {
    url,
    request,
    env: {
      AWS_ENDPOINT_URL: url,
      AWS_ACCESS_KEY_ID: KEYS.accessKeyId,
      AWS_SECRET_ACCESS_KEY: KEYS.secretAccessKey,
    },
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL');
      await rm(folder, { recursive: true, force: true });
    },
  };
};

/** Waits until the server does something. @throws Error where it ends before that, or takes a minute. */
const whenUp = async (child: ChildProcess, attempt: () => Promise<Response>): Promise<void> => {
  for (let tries = 0; tries < 300; tries += 1) {
    const answer = await attempt().catch(() => undefined);
    if (answer?.ok) return;
    if (child.exitCode !== null) throw new Error(`weed ended with ${child.exitCode}`);
    await sleep(200);
  }
  child.kill('SIGKILL');
  throw new Error('weed did not start within a minute');
};

/** Free ports, all different: each is held until all are known. */
const freePorts = async (count: number): Promise<number[]> => {
  const servers = Array.from({ length: count }, () => createServer());
  const ports = await Promise.all(
    servers.map(
      (server) =>
        new Promise<number>((resolve) =>
          server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port)),
        ),
    ),
  );
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
};
