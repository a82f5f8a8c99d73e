import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fakeHubForTests } from './hub.fixture.ts';
import { etagOf } from './hub-routes.fixture.ts';
import { pullModel } from './model.ts';
import { cache, config, cut, files, getsIn, saying, usual, weights } from './pulled.fixture.ts';

const hub = fakeHubForTests();
const gets = (path: string): string[] => getsIn(hub(), path);

describe('a download', () => {
  it('that is cut goes on where it ended, in this process and in the next', async () => {
    hub().add('models/org/vilt', usual);
    hub().faults.push(cut(70_000, 3));
    const pulled = await pullModel('org/vilt');
    expect(readFileSync(join(pulled.path, 'model.safetensors'))).toEqual(weights);
    const starts = gets('/cdn/').length;
    expect(starts).toBe(4);
    // what a killed process left
    const blob = join(cache(), 'models--org--vilt/blobs', etagOf('model.safetensors', weights));
    await rm(join(cache(), 'models--org--vilt/snapshots'), { recursive: true });
    await rm(blob);
    writeFileSync(`${blob}.incomplete`, weights.subarray(0, 200_000));
    const ranges: (string | undefined)[] = [];
    hub().faults.push((request) => {
      if (request.url!.startsWith('/cdn/')) ranges.push(request.headers.range);
      return false;
    });
    const again = await pullModel('org/vilt');
    expect(ranges).toEqual(['bytes=200000-']);
    expect(readFileSync(join(again.path, 'model.safetensors'))).toEqual(weights);
    expect(existsSync(`${blob}.incomplete`)).toBe(false);
  });

  it('of a host that knows no ranges begins again', async () => {
    hub().add('models/org/vilt', usual);
    hub().faults.push(cut(70_000), (request, response) => {
      if (!request.url!.startsWith('/cdn/')) return false;
      response.writeHead(200, { 'content-length': weights.length });
      response.end(weights);
      return true;
    });
    const pulled = await pullModel('org/vilt');
    expect(readFileSync(join(pulled.path, 'model.safetensors'))).toEqual(weights);
  });

  it('that is always cut ends with an error, and keeps what came', async () => {
    hub().add('models/org/vilt', usual);
    let isFirst = true;
    hub().faults.push((request, response) => {
      if (!request.url!.startsWith('/cdn/')) return false;
      // nothing follows after the first bytes, once these have come
      if (!isFirst) return cut(0)(request, response);
      isFirst = false;
      response.writeHead(200, { 'content-length': weights.length });
      response.write(weights.subarray(0, 1000), () => setTimeout(() => request.socket.destroy(), 100));
      return true;
    });
    expect(await saying(pullModel('org/vilt'))).toMatch(
      /the connection was cut .*: try again; what was fetched is kept$/,
    );
    const kept = files(join(cache(), 'models--org--vilt/blobs')).filter((name) => name.endsWith('.incomplete'));
    expect(kept.map((name) => statSync(join(cache(), 'models--org--vilt/blobs', name)).size)).toEqual([1000]);
  });

  it.each([
    ['model.safetensors', weights.length, 'sha256'],
    ['config.json', config.length, 'git sha1'],
  ])('of other bytes than the Hub lists is refused, and removed: %s', async (path, bytes, digest) => {
    hub().add('models/org/vilt', usual);
    hub().faults.push((request, response) => {
      if (!request.url!.endsWith(path)) return false;
      response.end(Buffer.alloc(bytes, 'x'));
      return true;
    });
    expect(await saying(pullModel('org/vilt'))).toMatch(
      new RegExp(
        `org/vilt/${path}: what came is not the file: ${bytes} bytes with the ${digest} .* it was removed: try again`,
      ),
    );
    expect(files(cache()).filter((name) => /incomplete|refs\//.test(name) || name.endsWith(path))).toEqual([]);
    hub().faults.length = 0;
    expect((await pullModel('org/vilt')).files).toContain(path);
  });

  it('waits as long as the Hub asks, and asks again after its faults', async () => {
    hub().add('models/org/vilt', usual);
    const left = [
      { status: 429, headers: { 'retry-after': '1' } },
      { status: 503, headers: {} },
      { status: 500, headers: { 'retry-after': '0' } },
    ];
    hub().faults.push((request, response) => {
      const next = request.url!.includes('/resolve/') ? left.shift() : undefined;
      if (next) response.writeHead(next.status, next.headers).end('later');
      return next !== undefined;
    });
    const began = performance.now();
    await pullModel('org/vilt');
    expect(left).toEqual([]);
    expect(performance.now() - began).toBeGreaterThan(1000);
    hub().faults.push((_, response) => {
      response.writeHead(429, { 'retry-after': '4000' }).end();
      return true;
    });
    expect(await saying(pullModel('org/vilt'))).toMatch(/org\/vilt: too many requests: set HF_TOKEN to a token/);
    hub().faults.splice(0, 9, (_, response) => {
      response.writeHead(501).end('<html>');
      return true;
    });
    expect(await saying(pullModel('org/vilt'))).toMatch(/127\.0\.0\.1:\d+ answered 501: try again later$/);
  });

  it('of several at once is made once', async () => {
    hub().add('models/org/vilt', usual);
    hub().faults.push((request) => {
      if (request.url!.startsWith('/cdn/')) spawnSync('sleep', ['0.2']);
      return false;
    });
    const pulled = await Promise.all(Array.from({ length: 4 }, () => pullModel('org/vilt')));
    expect(new Set(pulled.map(({ path }) => path)).size).toBe(1);
    expect(gets('/cdn/').length).toBe(1);
    expect(pulled.filter(({ fetched }) => fetched! > 0).length).toBeGreaterThan(0);
  });

  it('whose process is killed in the midst leaves what the next one goes on with', async () => {
    hub().add('models/org/vilt', usual);
    let isHalf = false;
    hub().faults.push((request, response) => {
      if (!request.url!.startsWith('/cdn/') || isHalf) return false;
      isHalf = true;
      response.writeHead(200, { 'content-length': weights.length });
      response.write(weights.subarray(0, 150_000));
      return true;
    });
    const script = `import('./src/hub/model.ts').then((m) => m.pullModel('org/vilt'))`;
    const child = spawn(process.execPath, ['--import', 'tsx', '-e', script], { env: process.env, stdio: 'ignore' });
    const blob = join(cache(), 'models--org--vilt/blobs', `${etagOf('model.safetensors', weights)}.incomplete`);
    while (!(existsSync(blob) && statSync(blob).size === 150_000)) await new Promise((done) => setTimeout(done, 20));
    child.kill('SIGKILL');
    await new Promise((done) => child.on('close', done));
    const ranges: (string | undefined)[] = [];
    hub().faults.push((request) => {
      if (request.url!.startsWith('/cdn/')) ranges.push(request.headers.range);
      return false;
    });
    const pulled = await pullModel('org/vilt');
    expect(ranges).toEqual(['bytes=150000-']);
    expect(readFileSync(join(pulled.path, 'model.safetensors'))).toEqual(weights);
  });

  it('ends where its signal says so', async () => {
    hub().add('models/org/vilt', usual);
    const controller = new AbortController();
    hub().faults.push((request, response) => {
      if (!request.url!.startsWith('/cdn/')) return false;
      response.writeHead(200, { 'content-length': weights.length });
      response.write(weights.subarray(0, 1000), () => controller.abort());
      return true;
    });
    const { signal } = controller;
    const failure = await pullModel('org/vilt', { signal }).catch((error: unknown) => error);
    expect([failure === signal.reason, signal.aborted]).toEqual([true, true]);
  });
});

describe('a full disk', () => {
  const mount = (at: string, kilobytes: number): boolean =>
    spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${kilobytes}k`, 'tmpfs', at]).status === 0;

  it('is told of before a byte is fetched, and the same goes on where there is room', async ({ skip }) => {
    hub().add('models/org/vilt', usual);
    await mkdir(cache(), { recursive: true });
    if (!mount(cache(), 64)) skip();
    try {
      expect(await saying(pullModel('org/vilt'))).toMatch(
        /models--org--vilt: the disk is full: model\.safetensors needs 300000 bytes more, and \d+ are free: free some space, or set HF_HUB_CACHE/,
      );
      expect(gets('/cdn/')).toEqual([]);
      spawnSync('mount', ['-o', 'remount,size=8m', cache()]);
      expect((await pullModel('org/vilt')).files.length).toBe(4);
    } finally {
      spawnSync('umount', [cache()]);
    }
  });
});
