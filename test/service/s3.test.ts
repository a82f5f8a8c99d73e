import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ask, cacheImages, openImageCache } from '../../src/index.ts';
import { numbered, randomStudent, temporaryFolder, writeImages } from '../../src/inference/inference.fixture.ts';
import { program, startServer, type TestServer } from '../../src/inference/store/s3/server.fixture.ts';
import { createServer, type Server } from '../../src/server.ts';
import { askHundred, bytesOf, problemIn } from './service.fixture.ts';

const question = 'is there a circle ?';
const cache = 's3://photos/of/pictures';

describe.skipIf(program === undefined)('a server of a cache in a bucket', () => {
  const usual = { ...process.env };
  const model = randomStudent();
  let [bucket, server]: [TestServer | undefined, Server | undefined] = [undefined, undefined];
  let photos = '';
  const serve = (place: string) =>
    createServer(model, {
      ...{ caches: [{ cache: place, images: photos }], port: 0, threads: 1 },
      limits: { seconds: 300, decoders: 1 },
    });
  beforeAll(async () => {
    bucket = await startServer();
    Object.assign(process.env, bucket.env);
    photos = join(await temporaryFolder(), 'photos');
    await writeImages(photos, numbered(6));
    await cacheImages(model, photos, { to: cache, threads: 1, precision: 'float32' });
    server = await serve(cache);
  }, 240_000);
  afterAll(async () => {
    await server?.stop();
    process.env = usual;
    await bucket?.[Symbol.asyncDispose]();
  });

  const at = (path: string): string => `${server!.url}/v1/caches/pictures/${path}`;
  const asked = () => askHundred(`${server!.url}/v1/caches/pictures`, question);

  it('answers as the library does, and shows the images of a folder', async () => {
    const { answers, images } = await asked();
    const own = await ask(model, await openImageCache(cache), question, { threads: 1 });
    expect([images, answers.map(({ image }: { image: string }) => image)]).toEqual([6, own.map(({ image }) => image)]);
    expect((await fetch(at('thumbnail?path=0.png&side=64'))).status).toBe(200);
  });

  it('adds and deletes nothing there, and says who does', async () => {
    const upload = await fetch(at('images?path=new.png'), {
      ...{ method: 'POST', body: (await bytesOf(photos, '0.png')) as Uint8Array<ArrayBuffer> },
      headers: { 'content-type': 'image/png' },
    });
    const removal = await fetch(at('images?path=0.png'), { method: 'DELETE' });
    for (const answer of [upload, removal])
      expect(await problemIn(answer)).toMatchObject({
        status: 403,
        detail: `${cache}: this server only reads a cache there: add images with dide cache --to ${cache}`,
      });
    expect((await openImageCache(cache)).size).toBe(6);
    await expect(serve('s3://photos/none')).rejects.toThrow('s3://photos/none: it is no image cache');
  });

  it('sees within seconds what others write', async () => {
    await writeImages(photos, { 'later.png': 77 });
    await cacheImages(model, photos, { to: cache, threads: 1, precision: 'float32' });
    await vi.waitFor(async () => expect((await asked()).images).toBe(7), { timeout: 20_000, interval: 200 });
  });
});
