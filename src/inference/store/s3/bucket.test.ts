import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { randomStudent } from '../../inference.fixture.ts';
import { openForCaching } from '../../open-for-caching.ts';
import { openImageCache } from '../../open-image-cache.ts';
import { openPredictor } from '../../open-predictor.ts';
import { saying, usual } from './server.fixture.ts';

afterAll(() => {
  process.env = usual;
});

describe('the address of a bucket', () => {
  beforeEach(() => {
    process.env = { ...usual, AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'secret', AWS_ENDPOINT_URL: '' };
  });

  it.each(['s3://bucket', 's3://b/x', 's3://bucket/', 's3://bucket/../x', 's3://bucket/a?b', 's3://buc_ket/x'])(
    '%s is refused',
    async (address) => {
      expect(await saying(openImageCache(address))).toContain('it is no address of a cache in a bucket: write s3://');
    },
  );

  it('needs keys, and a server that answers', async () => {
    process.env.AWS_ENDPOINT_URL = 'http://127.0.0.1:49151';
    expect(await saying(openImageCache('s3://bucket/x'))).toBe(
      'UserError: s3://bucket/x: 127.0.0.1:49151 cannot be reached (ECONNREFUSED): start the server, or check AWS_ENDPOINT_URL and AWS_REGION',
    );
    process.env.AWS_ENDPOINT_URL = 'here';
    expect(await saying(openImageCache('s3://bucket/x'))).toContain('AWS_ENDPOINT_URL is "here", and no address');
    delete process.env.AWS_SECRET_ACCESS_KEY;
    expect(await saying(openImageCache('s3://bucket/x'))).toContain(
      'AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set',
    );
  });

  it('asks again after faults, with the token of a session, and refuses a server without conditions', async () => {
    const objects = new Map<string, Buffer>();
    let faults = 2;
    const tokens = new Set<string | undefined>();
    const server = createServer(async (request, response) => {
      tokens.add(request.headers['x-amz-security-token'] as string | undefined);
      if (faults-- > 0) return faults === 0 ? request.socket.destroy() : response.writeHead(503).end();
      const body = Buffer.concat(await request.toArray());
      if (request.method === 'PUT') objects.set(request.url!, body);
      const found = objects.get(request.url!);
      return response.writeHead(found ? 200 : 404).end(found);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    process.env.AWS_ENDPOINT_URL = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    process.env.AWS_SESSION_TOKEN = 'session';
    try {
      await using student = await openPredictor(randomStudent(), { threads: 1 });
      expect(await saying(openForCaching(student, { to: 's3://bucket/x' }))).toContain(
        's3://bucket/x: its server does not heed If-None-Match, so two writers could damage the cache',
      );
      expect([...tokens]).toEqual(['session']);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });
});
