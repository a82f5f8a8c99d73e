import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, cacheImages, openImageCache } from '../../src/index.ts';
import { numbered, randomStudent, temporaryFolder, writeImages } from '../../src/inference/inference.fixture.ts';
import { programs, startServer, type TestServer } from '../../src/inference/store/postgres/server.fixture.ts';
import { createServer, type Server } from '../../src/server.ts';
import { askHundred, bytesOf, jsonIn, problemIn } from './service.fixture.ts';

const question = 'is there a circle ?';

describe.skipIf(programs === undefined)('a server of a cache in Postgres', () => {
  const model = randomStudent();
  let [database, server]: [TestServer | undefined, Server | undefined] = [undefined, undefined];
  let photos = '';
  const log: string[] = [];
  beforeAll(async () => {
    database = await startServer();
    photos = join(await temporaryFolder(), 'photos');
    await writeImages(photos, numbered(6));
    const cache = database.address('pictures');
    await cacheImages(model, photos, { to: cache, threads: 1, precision: 'float32' });
    server = await createServer(model, {
      ...{ caches: [{ cache, images: photos }], port: 0, threads: 1 },
      ...{ limits: { seconds: 300, decoders: 1 }, log: { write: (line: string) => void log.push(line) } },
    });
  });
  afterAll(async () => {
    await server?.stop();
    await database?.[Symbol.asyncDispose]();
  });

  const at = (path: string): string => `${server!.url}/v1/caches/pictures/${path}`;
  const asked = () => askHundred(`${server!.url}/v1/caches/pictures`, question);

  it('answers as the library does, and is named as in its address', async () => {
    const { answers, images } = await asked();
    const own = await ask(model, await openImageCache(database!.address('pictures')), question, { threads: 1 });
    expect([images, answers.map(({ image }: { image: string }) => image)]).toEqual([6, own.map(({ image }) => image)]);
    for (const [i, { probability }] of own.entries()) expect(answers[i].probability).toBeCloseTo(probability, 5);
    expect((await jsonIn(await fetch(at('images')))).total).toBe(6);
  });

  it('takes uploads and removals, which are in the database once they are answered', async () => {
    const bytes = await bytesOf(photos, '0.png');
    const upload = (path: string, body: Uint8Array) =>
      fetch(at(`images?path=${path}`), {
        ...{ method: 'POST', body: body as Uint8Array<ArrayBuffer> },
        headers: { 'content-type': 'image/png' },
      });
    expect((await upload('new/copy.png', bytes)).status).toBe(201);
    expect((await upload('new/copy.png', bytes)).status).toBe(200);
    expect((await asked()).images).toBe(7);
    expect((await openImageCache(database!.address('pictures'))).size).toBe(7);
    expect((await fetch(at('images?path=new/copy.png'), { method: 'DELETE' })).status).toBe(204);
    expect((await asked()).images).toBe(6);
    expect((await openImageCache(database!.address('pictures'))).size).toBe(6);
  });

  it('sees what others write', async () => {
    const other = await openImageCache(database!.address('pictures'));
    await writeImages(photos, { 'other.png': 40 });
    await cacheImages(model, photos, { to: database!.address('pictures'), threads: 1, waitSeconds: 60 });
    expect((await asked()).images).toBe(other.size + 1);
  });

  it('says that the database is gone, without its password, and answers again once it is back', async () => {
    await database!.restart(async () => {
      const refused = await problemIn(await fetch(at('images')));
      expect(refused).toMatchObject({ status: 503, detail: expect.stringContaining('start the database') });
      expect(refused.detail).not.toMatch(/secret|127\.0\.0\.1:\d+\/postgres/);
      expect((await fetch(`${server!.url}/ready`)).status).toBe(503);
    });
    expect((await asked()).images).toBe(7);
    expect((await fetch(`${server!.url}/ready`)).status).toBe(200);
    expect(log.join('')).not.toContain('secret');
  });
});
