import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { appendFile, mkdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { encodePng } from '../../src/data.ts';
import { openImageCache } from '../../src/index.ts';
import { raggedScene, randomStudent, temporaryFolder } from '../../src/inference/inference.fixture.ts';
import { createServer } from '../../src/server.ts';
import { jsonIn, problemIn, serve } from './service.fixture.ts';

const question = 'is there a circle ?';

describe('a cache that was damaged while it is served', () => {
  it.each([
    ['vectors.f32', (path: string) => truncate(path, 100)],
    ['index.jsonl', (path: string) => truncate(path, 10)],
    ['index.jsonl', (path: string) => appendFile(path, 'no line at all\n')],
    ['cache.json', (path: string) => writeFile(path, '{}')],
  ] as const)('is named with its file %s, by ready, by answers and in the log', async (file, damage) => {
    await using served = await serve({ count: 3 });
    const whole = await readFile(join(served.cache, file));
    await damage(join(served.cache, file));
    for (const response of [
      await served.get('/ready'),
      await served.post('/v1/caches/photos/ask', { question }),
      await served.get('/v1/caches/photos/images'),
      await served.upload('new.png', await encodePng(raggedScene(100))),
    ]) {
      const { status, detail } = await problemIn(response);
      expect([status, detail]).toEqual([503, expect.stringContaining(`photos/${file}`)]);
      expect(detail).not.toContain(served.cache);
    }
    expect(served.log.at(-1)).toMatchObject({ status: 503, problem: expect.stringContaining(file) });
    expect(existsSync(join(served.photos, 'new.png'))).toBe(false);
    expect((await served.get('/health')).status).toBe(200);
    // once it is whole again it is served, without a start
    await writeFile(join(served.cache, file), whole);
    expect((await served.get('/ready')).status).toBe(200);
    expect((await jsonIn(await served.post('/v1/caches/photos/ask', { question }))).answers).toHaveLength(3);
  });
});

const mounted: string[] = [];
const mount = (at: string, kilobytes: number): boolean => {
  const isMounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${kilobytes}k`, 'tmpfs', at]).status === 0;
  if (isMounted) mounted.push(at);
  return isMounted;
};
const unmount = (): void => {
  for (const at of mounted.splice(0)) spawnSync('umount', [at]);
};
const canMount = mount('/mnt', 64);
unmount();
afterEach(unmount);

describe.skipIf(!canMount)('a full disk during uploads', () => {
  it.each(['photos', 'photos.cache'])('of %s is told, nothing is changed, and room is used again', async (full) => {
    const home = await temporaryFolder();
    const [photos, cache] = [join(home, 'photos'), join(home, 'photos.cache')];
    for (const folder of [photos, cache]) await mkdir(folder);
    expect(mount(join(home, full), 200)).toBe(true);
    await using server = await createServer(randomStudent(), {
      ...{ caches: [{ cache, images: photos }], port: 0, threads: 1, limits: { seconds: 300, decoders: 1 } },
    });
    const upload = async (path: string, seed: number): Promise<Response> =>
      fetch(`${server.url}/v1/caches/photos/images?path=${path}`, {
        ...{ method: 'POST', headers: { 'content-type': 'image/png' } },
        body: (await encodePng(raggedScene(seed))) as Uint8Array<ArrayBuffer>,
      });
    expect((await upload('0.png', 0)).status).toBe(201);
    const filler = join(home, full, 'filler');
    await fillUp(filler);
    // what is left of the last pages of its files may take some more
    let last = 1;
    let response = await upload('1.png', 1);
    while (response.status === 201) {
      last += 1;
      response = await upload(`${last}.png`, last);
    }
    expect(await problemIn(response)).toMatchObject({
      status: 507,
      detail: expect.stringContaining('nothing was changed'),
    });
    const listed = async () => (await openImageCache(cache)).entries.map(({ path }) => path);
    const before = Array.from({ length: last }, (_, i) => `${i}.png`);
    expect(await listed()).toEqual(before);
    expect(existsSync(join(photos, `${last}.png`))).toBe(false);
    await truncate(filler, 0);
    expect((await upload(`${last}.png`, 1000)).status).toBe(201);
    expect(await listed()).toEqual([...before, `${last}.png`]);
  });
});

/** Writes a file until not a byte more fits on its disk. */
const fillUp = async (path: string): Promise<void> => {
  for (let size = 65_536; size >= 1; size = size >> 1) {
    const bytes = Buffer.alloc(size);
    while (
      await appendFile(path, bytes).then(
        () => true,
        () => false,
      )
    );
  }
};
