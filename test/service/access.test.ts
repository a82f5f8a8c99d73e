import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { randomStudent, temporaryFolder } from '../../src/inference/inference.fixture.ts';
import { createKey, createServer, readKeys } from '../../src/server.ts';
import { bytesOf, jsonIn, problemIn, serve } from './service.fixture.ts';

const question = 'what color is the large circle ?';

/** Sends a request with headers that `fetch` does not let be set. */
const raw = (url: string, path: string, headers: Record<string, string>): Promise<number> =>
  new Promise((resolve, reject) => {
    request(url, { path, headers }, (response) => {
      response.resume();
      resolve(response.statusCode!);
    })
      .on('error', reject)
      .end();
  });

describe('keys', () => {
  it('are asked for where there are any, compared by their hash, and named in the log', async () => {
    const file = join(await temporaryFolder(), 'keys');
    const [ana, ben] = [createKey('ana'), createKey('ben')];
    await writeFile(file, `# who may ask\n${ana.line}\n${ben.line}`);
    expect(await readFile(file, 'utf8')).not.toContain(ana.key);
    await using served = await serve({ keys: await readKeys(file), limits: { perMinute: 2 } });
    const withKey = (key: string) => served.get('/v1/caches', { headers: { authorization: `Bearer ${key}` } });
    expect((await served.get('/health')).status).toBe(200);
    for (const refused of [
      await served.get('/v1/caches'),
      await served.get('/metrics'),
      await withKey(`${ana.key}x`),
    ]) {
      expect(refused.headers.get('www-authenticate')).toBe('Bearer');
      expect(await problemIn(refused)).toMatchObject({ status: 401 });
    }
    expect((await withKey(ben.key)).status).toBe(200);
    expect(served.log.at(-1)).toMatchObject({ path: '/v1/caches', status: 200, key: 'ben' });
    expect((await withKey(ben.key)).status).toBe(200);
    expect((await withKey(ben.key)).status).toBe(429);
    // another key has a rate of its own
    expect((await withKey(ana.key)).status).toBe(200);
    expect(JSON.stringify(served.log)).not.toContain(ana.key);
  });

  it('come and go with the lines of their file, while the server runs', async () => {
    const file = join(await temporaryFolder(), 'keys');
    const [ana, ben] = [createKey('ana'), createKey('ben')];
    await writeFile(file, ana.line);
    await using served = await serve({ keyFile: file, count: 1 });
    const status = async ({ key }: { readonly key: string }): Promise<number> =>
      (await served.get('/v1/caches', { headers: { authorization: `Bearer ${key}` } })).status;
    expect([await status(ana), await status(ben)]).toEqual([200, 401]);
    await writeFile(file, ben.line);
    while ((await status(ben)) !== 200) await sleep(50);
    expect(await status(ana)).toBe(401);
    // a file that cannot be read changes nothing
    await writeFile(file, 'ana secret\n');
    await served.server.reloadKeys();
    expect(served.log.at(-1)).toMatchObject({ msg: 'the keys stay as they are' });
    expect(await status(ben)).toBe(200);
    await writeFile(file, '# nobody\n');
    await served.server.reloadKeys();
    expect([await status(ana), await status(ben)]).toEqual([401, 401]);
  });

  it('have a file that is read or refused, line by line', async () => {
    const file = join(await temporaryFolder(), 'keys');
    await expect(readKeys(file)).rejects.toThrow('cannot be read');
    await writeFile(file, '\n# nobody\n');
    await expect(readKeys(file)).rejects.toThrow('there is no key in it');
    await writeFile(file, `${createKey('ana').line}ana secret\n`);
    await expect(readKeys(file)).rejects.toThrow(`${file}:2: it is no key`);
    expect(() => createKey('a b')).toThrow("a key's name");
  });

  it('are needed for any address but those of this machine', async () => {
    for (const host of ['0.0.0.0', '::', '10.1.2.3'])
      await expect(createServer(randomStudent(), { caches: [], host, port: 0 })).rejects.toThrow('no key is asked for');
  });
});

describe('pages of other sites', () => {
  it('may not ask, unless they are named; nor may other names of this machine', async () => {
    await using served = await serve({ cors: ['https://photos.example'] });
    const from = (origin: string) => served.get('/v1/caches', { headers: { origin } });
    expect(await problemIn(await from('https://evil.example'))).toMatchObject({ status: 403 });
    const named = await from('https://photos.example');
    expect([named.status, named.headers.get('access-control-allow-origin')]).toEqual([200, 'https://photos.example']);
    expect((await from(served.server.url)).status).toBe(200);
    expect(await raw(served.server.url, '/v1/caches', { host: 'evil.example' })).toBe(403);
    expect(await raw(served.server.url, '/v1/caches', { host: 'localhost:1' })).toBe(200);
  });

  it('get no permission by default', async () => {
    await using served = await serve();
    expect((await served.get('/health')).headers.get('access-control-allow-origin')).toBeNull();
    const preflight = await served.get('/v1/caches', {
      ...{ method: 'OPTIONS', headers: { origin: 'https://evil.example', 'access-control-request-method': 'GET' } },
    });
    expect(preflight.status).toBe(403);
  });
});

describe('nothing outside the store', () => {
  it('is read, written or deleted, whatever the path', async () => {
    await using served = await serve();
    const outside = join(served.photos, '..', 'secret.png');
    await writeFile(outside, await bytesOf(served.photos, '0.png'));
    await symlink(outside, join(served.photos, 'link.png'));
    await mkdir(join(served.photos, '..', 'elsewhere'));
    await symlink(join(served.photos, '..', 'elsewhere'), join(served.photos, 'way'));
    const paths = [
      ...['../secret.png', '..%2fsecret.png', outside, 'link.png', '/etc/passwd', 'a/../../secret.png'],
      ...[
        '..\\secret.png',
        'secret.png\u0000',
        `${'file:'}///etc/passwd`,
        'http://127.0.0.1:1/a.png',
        './0.png',
        '.hidden.png',
      ],
    ];
    const bytes = await bytesOf(served.photos, '1.png');
    for (const path of paths) {
      const query = `?path=${encodeURIComponent(path)}`;
      const thumbnail = await served.get(`/v1/caches/photos/thumbnail${query}`);
      expect([path, thumbnail.status]).toEqual([path, 404]);
      const deleted = await served.get(`/v1/caches/photos/images${query}`, { method: 'DELETE' });
      expect([path, deleted.status]).toEqual([path, 404]);
      const answered = await served.post('/v1/answer', { question, images: [{ path }] });
      expect([path, answered.status]).toEqual([path, 404]);
      const uploaded = await served.upload(path, bytes);
      expect([path, [400, 403, 409].includes(uploaded.status)]).toEqual([path, true]);
    }
    expect(await problemIn(await served.upload('way/new.png', bytes))).toMatchObject({ status: 403 });
    expect(await bytesOf(served.photos, '../secret.png')).toEqual(await bytesOf(served.photos, '0.png'));
    expect((await served.get('/%2e%2e/%2e%2e/etc/passwd')).status).toBe(404);
  });
});

describe('errors', () => {
  it('are problems that say what to do, with the id of the request, which the log has, too', async () => {
    await using served = await serve();
    const response = await served.post(
      '/v1/caches/photos/ask',
      { qestion: 'a' },
      { headers: { 'x-request-id': 'mine-1' } },
    );
    expect(response.headers.get('x-request-id')).toBe('mine-1');
    expect(await problemIn(response)).toMatchObject({
      ...{ type: 'about:blank', title: 'Bad Request', status: 400, instance: 'urn:request:mine-1' },
      detail: expect.stringContaining('question'),
    });
    expect(served.log.at(-1)).toMatchObject({ requestId: 'mine-1', method: 'POST', status: 400 });
    const statuses = [
      [await served.post('/v1/caches/photos/ask', '{'), 400],
      [await served.post('/v1/caches/photos/ask', 'question=a', { headers: { 'content-type': 'text/plain' } }), 415],
      [await served.post('/v1/caches/nobody/ask', { question }), 404],
      [await served.post('/v1/caches/photos/ask', { question, answer: 'perhaps' }), 422],
      [await served.post('/v1/answer', { question, images: [{ url: 'http://127.0.0.1/a.png' }] }), 400],
      [await served.post('/v1/answer', { question, images: [{ base64: 'aGVsbG8=' }] }), 422],
      [await served.get('/v1/answer'), 405],
      [await served.get('/nothing'), 404],
    ] as const;
    for (const [one, status] of statuses) expect(await problemIn(one)).toMatchObject({ status });
    expect(JSON.stringify(served.log)).not.toContain(question);
    expect((await jsonIn(await served.get('/v1/caches'))).caches).toHaveLength(1);
  });
});
