import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { answer, type FakeHub, type FakeRepository, type Fault, gitSha1 } from './hub-routes.fixture.ts';

/** Starts a fake hub before the tests of a file; each test has an environment that points to it, and an empty cache. */
export const fakeHubForTests = (): (() => FakeHub) => {
  const usual = { ...process.env };
  const log: string[] = [];
  const faults: Fault[] = [];
  const repositories = new Map<string, FakeRepository>();
  const objects = new Map<string, Buffer>();
  let hub: FakeHub;
  const server = createServer((request, response) => {
    log.push(`${request.method} ${request.url}`);
    if (hub.isDown) return void request.socket.destroy();
    if (faults.some((fault) => fault(request, response))) return;
    answer(request, response, { hub, objects }).catch((error: unknown) => {
      response.statusCode = 500;
      response.end(String(error));
    });
  });
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const root = await mkdtemp(join(tmpdir(), 'dide-hub-'));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const add: FakeHub['add'] = (name, files, ref = 'main') => {
      const repository = repositories.get(name) ?? { commits: new Map(), refs: new Map(), titles: [] };
      repositories.set(name, repository);
      const before = repository.commits.get(repository.refs.get(ref) ?? '') ?? new Map<string, Buffer>();
      const all = new Map<string, Buffer>(before);
      for (const [path, bytes] of Object.entries(files)) all.set(path, Buffer.from(bytes));
      const parts = [...all].map(([path, bytes]) => `${path} ${gitSha1(bytes)}`);
      const commit = createHash('sha1')
        .update(`${name} ${parts.join('\n')} ${repository.commits.size}`)
        .digest('hex');
      repository.commits.set(commit, all);
      repository.refs.set(ref, commit);
      return commit;
    };
    hub = { url, root, repositories, log, add, faults, isDown: false };
    process.env.HF_ENDPOINT = url;
    process.env.HF_HOME = join(root, 'home');
    for (const name of ['HF_HUB_CACHE', 'HUGGINGFACE_HUB_CACHE', 'HF_TOKEN', 'HF_TOKEN_PATH', 'HF_HUB_OFFLINE'])
      delete process.env[name];
  });
  afterEach(async () => {
    log.length = 0;
    faults.length = 0;
    hub.isDown = false;
    repositories.clear();
    objects.clear();
    delete process.env.HF_TOKEN;
    delete process.env.HF_HUB_OFFLINE;
    process.env.HF_ENDPOINT = hub.url;
    process.env.HF_HOME = join(hub.root, 'home');
    await rm(process.env.HF_HOME, { recursive: true, force: true });
  });
  afterAll(async () => {
    server.closeAllConnections();
    server.close();
    await rm(hub.root, { recursive: true, force: true });
    process.env = usual;
  });
  return () => hub;
};
