import { spawn } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { saveModel } from '../../../checkpoints/save-model.ts';
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
import { encodeFragment, fragmentKey } from './fragment.ts';
import { program, startServer, type TestServer } from './server.fixture.ts';

const question = 'is there a red star ?';
const usual = { ...process.env };
afterAll(() => {
  process.env = usual;
});

const saying = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'nothing',
    (error: unknown) => `${error}`,
  );

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
  const features = (count = 1): Float32Array => new Float32Array(count * student.width).fill(0.5);

  it('has two writers at once, of whom one is told, and nothing is damaged', async () => {
    const to = 's3://photos/twice';
    const [first, second] = [await openForCaching(student, { to }), await openForCaching(student, { to })];
    await first.writer.append([image('a', 1)], features());
    await second.writer.append([image('b', 2)], features());
    await first.writer.flush();
    expect(await saying(second.writer.flush())).toBe(
      `UserError: ${to}: another process is writing it: wait until it is done, and run the same again, which encodes what is missing then`,
    );
    await second.writer.close();
    await first.writer.append([image('c', 3)], features());
    await first.writer.close();
    expect((await openImageCache(to)).entries.map(({ path }) => path)).toEqual(['a', 'c']);
    // both of many that begin at once, and one of them at least, has all
    const pictures = await temporaryFolder();
    await writeImages(pictures, numbered(8));
    const at = 's3://photos/many';
    const ends = await Promise.all(Array.from({ length: 4 }, () => saying(cacheImages(student, pictures, { to: at }))));
    expect(ends.filter((end) => end === 'nothing').length).toBeGreaterThan(0);
    for (const end of ends) expect(end).toMatch(/^nothing$|another process is writing it/);
    const whole = await cacheImages(student, pictures, { to: join(pictures, 'whole.cache') });
    expect(await contents(await openImageCache(at))).toEqual(await contents(whole));
  });

  it('that is written anew takes nothing from others meanwhile, and nothing of theirs is lost unsaid', async () => {
    const to = 's3://photos/anew';
    const [first, second] = [await openForCaching(student, { to }), await openForCaching(student, { to })];
    await first.writer.append([image('a', 1), image('b', 2), image('c', 3)], features(3));
    await first.writer.note(['a', 'b'].map((path) => ({ path, forgotten: true })));
    await first.writer.finish();
    await first.writer.close();
    expect((await openImageCache(to)).entries.map(({ path, row }) => [path, row])).toEqual([['c', 0]]);
    await second.writer.append([image('d', 4)], features());
    expect(await saying(second.writer.flush())).toContain('another process has written it anew: run the same again');
    await second.writer.close();
    await using third = (await openForCaching(student, { to })).writer;
    await third.append([image('e', 5)], features());
    await third.flush();
    expect((await openImageCache(to)).entries.map(({ path }) => path)).toEqual(['c', 'e']);
    // what a writer leaves that is killed while it writes the cache anew
    const { stamp = '' } = (await openImageCache(to)).about;
    const header = { first: 2, rows: 0, rowBytes: 2 * student.width, writer: 'x' };
    const bucket = await openBucket(placeOf(to));
    await bucket.create(fragmentKey(stamp, 2), encodeFragment({ ...header, sealed: Date.now() }, [], []));
    expect(await saying(openForCaching(student, { to }))).toContain('another process is writing it anew: wait until');
    expect((await openImageCache(to)).size).toBe(2);
    await bucket.put(fragmentKey(stamp, 2), encodeFragment({ ...header, sealed: Date.now() - 3_600_000 }, [], []));
    await using fourth = (await openForCaching(student, { to })).writer;
    await fourth.append([image('f', 6)], features());
    await fourth.flush();
    expect((await openImageCache(to)).size).toBe(3);
  });

  it('loses at most what was gathered where its writer is killed, and goes on', async () => {
    const to = 's3://photos/killed';
    const file = join(await temporaryFolder(), 'student.safetensors');
    await saveModel(file, randomStudent());
    const script = `
      const { openForCaching } = await import('./src/inference/open-for-caching.ts');
      const { openPredictor } = await import('./src/inference/open-predictor.ts');
      const { loadModel } = await import('./src/index.ts');
      const student = await openPredictor(await loadModel('${file}'), { threads: 1 });
      const { writer } = await openForCaching(student, { to: '${to}' });
      for (let i = 0; ; i += 1) {
        const image = { path: String(i), bytes: 1, modified: 1, taken: null, sha256: String(i).padStart(64, '0') };
        await writer.append([image], new Float32Array(student.width).fill(i));
        await writer.flush();
        console.log(i);
      }`;
    const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
      env: process.env,
    });
    let last = -1;
    let said = '';
    child.stderr.on('data', (chunk) => (said += chunk));
    child.stdout.on('data', (chunk) => {
      last = Math.max(...String(chunk).trim().split('\n').map(Number), last);
      if (last >= 5) child.kill('SIGKILL');
    });
    await new Promise((resolve) => child.on('close', resolve));
    expect(last, said).toBeGreaterThanOrEqual(5);
    const kept = await openImageCache(to);
    expect(kept.size).toBeGreaterThan(last);
    expect(kept.size).toBeLessThanOrEqual(last + 2);
    for await (const { paths, features: numbers } of kept.blocks())
      for (const [i, path] of paths.entries()) expect(numbers.data[i * student.width]).toBe(Number(path));
    await using again = (await openForCaching(student, { to })).writer;
    await again.append([image('next', 99)], features());
    await again.flush();
    expect((await openImageCache(to)).size).toBe(kept.size + 1);
  });

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
