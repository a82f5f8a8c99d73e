import { existsSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { encodePng } from '../../src/data.ts';
import { takeLock } from '../../src/files/lock.ts';
import { cacheImages, openImageCache } from '../../src/index.ts';
import { raggedScene } from '../../src/inference/inference.fixture.ts';
import { createServer } from '../../src/server.ts';
import { bytesOf, jsonIn, problemIn, serve } from './service.fixture.ts';

const question = 'what color is the large circle ?';
const scene = (seed: number): Promise<Uint8Array> => encodePng(raggedScene(100 + seed));

describe('uploads', () => {
  it('are on the disk when they are answered, once each, however many come at once', async () => {
    await using served = await serve({ count: 2, limits: { imagesInFlight: 64 } });
    const images = await Promise.all(Array.from({ length: 12 }, (_, i) => scene(i % 10)));
    const all = await Promise.all(
      images.flatMap((bytes, i) => [served.upload(`new/${i}.png`, bytes), served.upload(`new/${i}.png`, bytes)]),
    );
    // of two that are equal one adds the image
    expect(all.map(({ status }) => status).sort()).toEqual([...Array(12).fill(200), ...Array(12).fill(201)]);
    const cache = await openImageCache(served.cache);
    const paths = cache.entries.map(({ path }) => path).sort();
    expect(paths).toEqual(['0.png', '1.png', ...images.map((_, i) => `new/${i}.png`)].sort());
    // 0 and 10, 1 and 11 are of the same bytes, and have one row
    expect(new Set(cache.entries.map(({ row }) => row)).size).toBe(12);
    for (const [i, bytes] of images.entries())
      expect(await bytesOf(served.photos, `new/${i}.png`)).toEqual(Buffer.from(bytes));
    const { answers } = await jsonIn(await served.post('/v1/caches/photos/ask', { question, top: 100 }));
    expect(answers.map(({ image }: { image: string }) => image).sort()).toEqual(paths);
    // what `dide cache` would make of the folder is the same
    await served.server.stop();
    let encoded = -1;
    await cacheImages(served.model, served.photos, {
      ...{ to: served.cache, threads: 1 },
      onProgress: (progress) => {
        encoded = progress.encoded;
      },
    });
    expect(encoded).toBe(0);
  });

  it('never replace another image, and are refused where they are none', async () => {
    await using served = await serve({ count: 2 });
    const before = await bytesOf(served.photos, '0.png');
    expect(await problemIn(await served.upload('0.png', await scene(1)))).toMatchObject({ status: 409 });
    expect((await served.upload('0.png', before)).status).toBe(200);
    expect(await bytesOf(served.photos, '0.png')).toEqual(before);
    const text = new TextEncoder().encode('no image at all');
    expect(await problemIn(await served.upload('b.png', text))).toMatchObject({ status: 422 });
    expect(await problemIn(await served.upload('b.txt', await scene(1)))).toMatchObject({ status: 400 });
    expect(existsSync(join(served.photos, 'b.png'))).toBe(false);
  });

  it('can be shown and deleted, and are then nowhere', async () => {
    await using served = await serve({ count: 1 });
    expect((await served.upload('new.png', await scene(1))).status).toBe(201);
    const path = '/v1/caches/photos/thumbnail?path=new.png&side=32';
    const thumbnail = await served.get(path);
    expect(thumbnail.headers.get('content-type')).toBe('image/webp');
    const { format, width, height } = await sharp(await thumbnail.arrayBuffer()).metadata();
    expect([format, Math.max(width, height)]).toEqual(['webp', 32]);
    const removed = await served.get('/v1/caches/photos/images?path=new.png', { method: 'DELETE' });
    expect(removed.status).toBe(204);
    expect(existsSync(join(served.photos, 'new.png'))).toBe(false);
    expect((await served.get(path)).status).toBe(404);
    expect((await jsonIn(await served.get('/v1/caches/photos/images'))).total).toBe(1);
    expect((await served.upload('new.png', await scene(2))).status).toBe(201);
  });

  it('have the date when they were taken', async () => {
    await using served = await serve({ count: 1 });
    const exif = { IFD0: {}, IFD2: { DateTimeOriginal: '2021:03:04 05:06:07' } };
    const image = sharp({ create: { width: 40, height: 30, channels: 3, background: 'red' } });
    const bytes = new Uint8Array(await image.withExif(exif).jpeg().toBuffer());
    expect((await served.upload('dated.jpg', bytes)).status).toBe(201);
    const { images } = await jsonIn(await served.get('/v1/caches/photos/images?to=2021'));
    expect(images).toMatchObject([{ path: 'dated.jpg', date: '2021-03-04T05:06:07', isTaken: true }]);
  });

  it('leave the cache to other writers once none has come for a while, and are refused while one writes', async () => {
    await using served = await serve({ count: 1 });
    expect((await served.upload('a.png', await scene(1))).status).toBe(201);
    // another process waits until the server lets go
    await cacheImages(served.model, served.photos, { to: served.cache, threads: 1, waitSeconds: 60 });
    let hasTried = false;
    await served.upload('b.png', await scene(2));
    while (existsSync(join(served.cache, 'cache.lock'))) await sleep(50);
    await cacheImages(served.model, served.photos, {
      ...{ to: join(served.cache), threads: 1, compare: 'bytes' },
      onProgress: () => {
        hasTried = true;
      },
    });
    expect(hasTried).toBe(true);
    const unlock = await takeLock(join(served.cache, 'cache.lock'), served.cache);
    const refused = await served.upload('c.png', await scene(3));
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await problemIn(refused)).toMatchObject({ status: 503, detail: expect.stringContaining('another process') });
    await unlock();
    // the server sees what others wrote
    expect((await jsonIn(await served.get('/v1/caches'))).caches[0].images).toBe(3);
  });

  it('begin a cache where there is none', async () => {
    await using served = await serve({ count: 1 });
    const empty = join(served.photos, '..', 'empty.cache');
    const images = join(served.photos, '..', 'empty');
    await using server = await createServer(served.model, {
      ...{ caches: [{ cache: empty, images }], port: 0, threads: 1, limits: { seconds: 300, decoders: 1 } },
    });
    const response = await fetch(`${server.url}/v1/caches/empty/images?path=first.png`, {
      ...{ method: 'POST', body: (await scene(1)) as Uint8Array<ArrayBuffer> },
      headers: { 'content-type': 'image/png' },
    });
    expect(response.status).toBe(201);
    expect((await stat(join(images, 'first.png'))).size).toBeGreaterThan(0);
    expect((await readdir(images)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });
});
