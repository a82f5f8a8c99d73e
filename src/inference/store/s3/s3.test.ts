import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { cacheImages } from '../../cache-images.ts';
import { contents } from '../../caching.fixture.ts';
import type { ImageCache } from '../../image-cache.ts';
import { numbered, randomStudent, temporaryFolder, writeImages } from '../../inference.fixture.ts';
import { openForCaching } from '../../open-for-caching.ts';
import { openImageCache } from '../../open-image-cache.ts';
import { openPredictor } from '../../open-predictor.ts';
import type { Predictor } from '../../predictor.ts';
import { ask } from '../../query/ask.ts';
import { makeGallery } from '../../query/query.fixture.ts';
import type { Placeless } from '../writer.ts';
import { openBucket, placeOf } from './bucket.ts';
import { program, saying, startServer, type TestServer, usual } from './server.fixture.ts';

const question = 'is there a red star ?';
afterAll(() => {
  process.env = usual;
});

describe.skipIf(program === undefined)('a cache in a bucket', () => {
  let server: TestServer;
  let student: Predictor;
  let folder: string;
  let embedded: ImageCache;
  beforeAll(async () => {
    server = await startServer();
    student = await openPredictor(randomStudent(), { threads: 1 });
    ({ folder, cache: embedded } = await makeGallery());
  }, 120_000);
  beforeEach(() => {
    process.env = { ...usual, ...server.env };
  });
  afterAll(async () => {
    await student?.close();
    await server?.[Symbol.asyncDispose]();
  });

  const keysOf = async (prefix: string): Promise<string[]> => {
    const bucket = await openBucket(placeOf(`s3://photos/${prefix}`));
    return (await bucket.list('')).map(({ key }) => key);
  };

  it.each(['float32', 'float16', 'int8'] as const)('answers as the one in a folder does, of %s', async (precision) => {
    const to = `s3://photos/galleries/of ${precision}`;
    const exact = await cacheImages(student, folder, { to: join(folder, precision), precision });
    const kept = await cacheImages(student, folder, { to, precision });
    expect([kept.size, kept.precision, kept.folder]).toEqual([exact.size, precision, to]);
    expect(await contents(kept)).toEqual(await contents(exact));
    const options = { nearDuplicates: 0, sort: 'date' } as const;
    for (const some of [{}, options, { atLeast: 0.5 }, { paths: 'a/**', top: 3 }, { from: '2023', minBytes: 10 }])
      expect(await ask(student, kept, question, some)).toEqual(await ask(student, exact, question, some));
    expect((await openImageCache(to)).about.cost).toEqual((await openImageCache(exact.folder)).about.cost);
    expect(embedded.size).toBe(kept.size);
  });

  it('is kept up to date, encodes nothing twice, and has its images whole while it is made anew', async () => {
    const pictures = await temporaryFolder();
    const to = 's3://photos/growing';
    await writeImages(pictures, numbered(6));
    const before = await cacheImages(student, pictures, { to, batch: 2 });
    await rm(join(pictures, '5.png'));
    await writeImages(pictures, { '0.png': 20, 'new.png': 21, 'copy.png': 1 });
    const counts: number[] = [];
    const onProgress = ({ encoded, forgotten }: { encoded: number; forgotten: number }): void => {
      counts.splice(0, 2, encoded, forgotten);
    };
    const after = await cacheImages(student, pictures, { to, onProgress });
    expect(counts).toEqual([2, 1]);
    const whole = await cacheImages(student, pictures, { to: join(pictures, 'whole.cache') });
    expect(await contents(after)).toEqual(await contents(whole));
    expect((await ask(student, before, question)).length).toBe(6);
    for (const name of ['0', '1', '2', '3', '4']) await rm(join(pictures, `${name}.png`));
    const small = await cacheImages(student, pictures, { to });
    expect(small.entries.map(({ path, row }) => [path, row])).toEqual(
      [
        ['new.png', expect.any(Number)],
        ['copy.png', expect.any(Number)],
      ].sort(),
    );
    // more than half was dead: it is another generation now, and the fragments of the last one are gone
    expect((await keysOf('growing')).filter((key) => key.includes('/')).length).toBe(1);
    expect(await saying(ask(student, before, question))).toContain('made smaller since it was opened: open it again');
    expect((await ask(student, small, question)).length).toBe(2);
  });

  const about = { bytes: 1, modified: 1, taken: null };
  const image = (path: string, i = 1): Placeless => ({ path, ...about, sha256: `${i}`.padStart(64, '0') });

  it('says what is wrong with keys, bucket and objects, and changes nothing', async () => {
    const pictures = await temporaryFolder();
    await writeImages(pictures, numbered(3));
    const to = 's3://photos/sound';
    await cacheImages(student, pictures, { to });
    expect(await saying(cacheImages(student, pictures, { to: 's3://nowhere/x' }))).toBe(
      'UserError: s3://nowhere/x/cache.json: there is no such bucket: make it, or check the address',
    );
    process.env.AWS_SECRET_ACCESS_KEY = 'not-this';
    const said = await saying(openImageCache(to));
    expect(said).toBe(
      `UserError: ${to}: it was refused (SignatureDoesNotMatch): check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN`,
    );
    process.env.AWS_ACCESS_KEY_ID = 'nobody';
    expect(await saying(openImageCache(to))).toContain('it was refused (InvalidAccessKeyId): check AWS_ACCESS_KEY_ID');
    process.env = { ...usual, ...server.env };
    expect(await saying(openImageCache('s3://photos/none'))).toContain(
      's3://photos/none: it is no image cache: make it with dide cache … --to s3://photos/none',
    );
    await expect(cacheImages(randomStudent(9), pictures, { to })).rejects.toThrow('was made by student');
    const [fragment] = (await keysOf('sound')).filter((key) => key.includes('/'));
    const bytes = await (await server.request(`photos/sound/${fragment}`)).arrayBuffer();
    for (const [change, error] of [
      [bytes.slice(0, bytes.byteLength - 1), 'it is damaged: copy the whole cache again'],
      [bytes.slice(1), 'it is damaged'],
      [new ArrayBuffer(0), 'it is damaged'],
    ] as const) {
      await server.request(`photos/sound/${fragment}`, { method: 'PUT', body: change });
      expect(await saying(openImageCache(to))).toContain(error);
    }
    await server.request(`photos/sound/${fragment}`, { method: 'PUT', body: bytes });
    expect((await openImageCache(to)).size).toBe(3);
  });

  it('is read by ranges: a few images of many ask for few bytes', async () => {
    const to = 's3://photos/ranges';
    const { writer } = await openForCaching(student, { to, precision: 'float32' });
    const count = 5000;
    const numbers = new Float32Array(count * student.width).map((_, i) => Math.floor(i / student.width));
    await writer.append(
      Array.from({ length: count }, (_, i) => image(`${i}`, i)),
      numbers,
    );
    await writer.close();
    const cache = await openImageCache(to);
    const real = globalThis.fetch;
    let received = 0;
    globalThis.fetch = async (...args) => {
      const answer = await real(...args);
      received += Number(answer.headers.get('content-length'));
      return answer;
    };
    try {
      const only = Uint32Array.from([0, 1, 2, 4000, 4999]);
      const found: number[] = [];
      for await (const { features: some, paths } of cache.blocks({ only }))
        for (const [i, path] of paths.entries()) found.push(some.data[i * student.width]! - Number(path));
      expect(found).toEqual([0, 0, 0, 0, 0]);
      expect(received).toBeLessThan(10 * 4 * student.width);
    } finally {
      globalThis.fetch = real;
    }
  });
});
