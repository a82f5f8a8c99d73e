import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { clientTypes } from '../../scripts/client.ts';
import { createClient } from '../../src/client.ts';
import { bytesOf, serve } from './service.fixture.ts';

it('the types of the client are those of the document: otherwise run `npm run client`', async () => {
  expect(readFileSync('src/client/service.openapi.ts', 'utf8')).toBe(await clientTypes());
});

it('the client asks, uploads, and has problems as values', async () => {
  await using served = await serve({ count: 2 });
  const { GET, POST, DELETE } = createClient({ url: served.server.url });
  const params = { path: { cache: 'photos' } };
  const asked = await POST('/v1/caches/{cache}/ask', { params, body: { question: 'is there a circle ?', top: 1 } });
  expect(asked.data?.answers).toHaveLength(1);
  expect(asked.data?.answers[0]?.probability).toBeGreaterThan(0);
  const refused = await POST('/v1/caches/{cache}/ask', { params, body: { question: '', top: 1 } });
  expect(refused.error?.detail).toContain('question');
  const path = 'upload/2.png';
  const file = new Blob([(await bytesOf(served.photos, '1.png')) as Uint8Array<ArrayBuffer>]);
  const uploaded = await POST('/v1/caches/{cache}/images', { params: { ...params, query: { path } }, body: file });
  expect(uploaded.response.status).toBe(201);
  const thumbnail = await GET('/v1/caches/{cache}/thumbnail', {
    ...{ params: { ...params, query: { path, side: 32 } }, parseAs: 'blob' },
  });
  expect(thumbnail.data?.size).toBeGreaterThan(0);
  const removed = await DELETE('/v1/caches/{cache}/images', { params: { ...params, query: { path } } });
  expect(removed.response.status).toBe(204);
});
