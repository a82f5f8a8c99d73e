import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { saveModel } from '../../../checkpoints/save-model.ts';
import { cacheImages } from '../../cache-images.ts';
import { contents } from '../../caching.fixture.ts';
import { numbered, randomStudent, temporaryFolder, writeImages } from '../../inference.fixture.ts';
import { openForCaching } from '../../open-for-caching.ts';
import { openImageCache } from '../../open-image-cache.ts';
import { openPredictor } from '../../open-predictor.ts';
import type { Predictor } from '../../predictor.ts';
import type { Placeless } from '../writer.ts';
import { openBucket, placeOf } from './bucket.ts';
import { encodeFragment, fragmentKey } from './fragment.ts';
import { program, saying, startServer, type TestServer, usual } from './server.fixture.ts';

afterAll(() => {
  process.env = usual;
});

describe.skipIf(program === undefined)('the writers of a cache in a bucket', () => {
  let server: TestServer;
  let student: Predictor;
  beforeAll(async () => {
    server = await startServer();
    student = await openPredictor(randomStudent(), { threads: 1 });
  }, 120_000);
  beforeEach(() => {
    process.env = { ...usual, ...server.env };
  });
  afterAll(async () => {
    await student?.close();
    await server?.[Symbol.asyncDispose]();
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
});
