import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { retrieval } from '../../../tasks/captions.ts';
import { cacheImages } from '../../cache-images.ts';
import { contents } from '../../caching.fixture.ts';
import type { ImageCache } from '../../image-cache.ts';
import { numbered, randomStudent, temporaryFolder, writeImages } from '../../inference.fixture.ts';
import { openForCaching } from '../../open-for-caching.ts';
import { openImageCache } from '../../open-image-cache.ts';
import { openPredictor } from '../../open-predictor.ts';
import type { Predictor } from '../../predictor.ts';
import { ask } from '../../query/ask.ts';
import { filterImages } from '../../query/filter.ts';
import { makeGallery } from '../../query/query.fixture.ts';
import { search } from '../../query/search.ts';
import type { ImageFilter } from '../image-filter.ts';
import { programs, startServer, type TestServer } from './server.fixture.ts';

const question = 'is there a red star ?';

describe('the address of a database', () => {
  it.each([
    ['postgres://me@host:port/x', 'it is no address'],
    ['postgres://me@127.0.0.1:1/x?cache=a/b', 'name a cache by'],
    ['postgres://me:secret@127.0.0.1:1/x', 'postgres://me@127.0.0.1:1/x (cache images): connect ECONNREFUSED'],
  ])('%s is refused with what is wrong', async (address, message) => {
    const said = await openImageCache(address).catch((error: unknown) => `${error}`);
    expect(said).toContain(message);
    expect(said).not.toContain('secret');
  });
});

describe.skipIf(programs === undefined)('a cache in Postgres', () => {
  let server: TestServer;
  let student: Predictor;
  let folder: string;
  let embedded: ImageCache;
  beforeAll(async () => {
    server = await startServer();
    student = await openPredictor(randomStudent(), { threads: 1 });
    ({ folder, cache: embedded } = await makeGallery());
  });
  afterAll(async () => {
    await student.close();
    await server[Symbol.asyncDispose]();
  });

  it.each(['float32', 'float16'] as const)('answers as the one in a folder does, of %s', async (precision) => {
    const to = server.address(`gallery-${precision}`);
    const exact = await cacheImages(student, folder, { to: join(folder, precision), precision });
    const kept = await cacheImages(student, folder, { to, precision });
    expect([kept.size, kept.precision, kept.folder.includes('secret')]).toEqual([exact.size, precision, false]);
    expect(await contents(kept)).toEqual(await contents(exact));
    const options = { nearDuplicates: 0, sort: 'date' } as const;
    for (const some of [{}, options, { atLeast: 0.5 }, { paths: 'a/**', top: 3 }]) {
      const [wanted, found] = [await ask(student, exact, question, some), await ask(student, kept, question, some)];
      expect(found.map(({ image, duplicates }) => [image, duplicates])).toEqual(
        wanted.map(({ image, duplicates }) => [image, duplicates]),
      );
      for (const [i, { probability, date }] of found.entries()) {
        expect(Math.abs(probability - wanted[i]!.probability)).toBeLessThan(1e-5);
        expect(date).toBe(wanted[i]!.date);
      }
    }
  });

  it('chooses by a filter in SQL the images that the filter of a folder chooses', async () => {
    const to = server.address('filtered');
    await cacheImages(student, folder, { to, precision: 'float32' });
    const filters: ImageFilter[] = [
      {},
      { folder: 'a' },
      { folder: ['./b/', 'ab'] },
      ...['*.png', 'a/*', 'a/**/*.png', '**/x*', '!*copy*', 'b/[[]12].png', 'b/[12].png', 'b/ü*', '{a,ab}/1*', '?.png']
        .concat('a/?(b/)*.png', '.hidden/*', '**/+([0-9]).png', '*[!0-9].png')
        .map((paths) => ({ paths })),
      { paths: ['a/**', '!a/b/**'] },
      { from: '2024' },
      { to: '2023-06' },
      { from: '2023-03-01', to: '2024-02-28T12:30' },
      { minBytes: 2000, maxBytes: 6000 },
      { folder: 'a', paths: '!x*', from: '2023', minBytes: 10 },
    ];
    const sizes = new Set<number>();
    for (const filter of filters) {
      const { only } = filterImages(embedded, filter);
      const wanted = [...(only ?? embedded.entries.keys())].map(embedded.pathAt);
      const { entries } = await openImageCache(to, filter);
      expect(entries.map(({ path }) => path).sort(), JSON.stringify(filter)).toEqual(wanted.sort());
      sizes.add(entries.length);
    }
    expect(sizes.size).toBeGreaterThan(8);
    await expect(openImageCache(to, { from: '2024-13' })).rejects.toThrow('is no date');
  });

  it('is searched by the index of pgvector, with the cosines of a folder', async () => {
    await using searcher = await openPredictor(
      randomStudent(3, { task: retrieval.name, scoring: 'softmax', answers: [] }),
      { threads: 1 },
    );
    const exact = await cacheImages(searcher, folder, { to: join(folder, 'searched'), precision: 'float32' });
    const kept = await cacheImages(searcher, folder, { to: server.address('searched'), precision: 'float32' });
    expect((await kept.nearest!(new Float32Array(searcher.width).fill(1), 5)).length).toBe(5);
    for (const text of ['a red star', 'two circles']) {
      const [wanted, found] = [
        await search(searcher, exact, text, { top: 4 }),
        await search(searcher, kept, text, { top: 4 }),
      ];
      expect(found.map(({ image }) => image)).toEqual(wanted.map(({ image }) => image));
      for (const [i, { score }] of found.entries()) expect(Math.abs(score - wanted[i]!.score)).toBeLessThan(1e-5);
    }
  });

  it('is kept up to date, encodes nothing twice and gives no image the numbers of another', async () => {
    const pictures = await temporaryFolder();
    const to = server.address('growing');
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
    const [numbers, wanted] = [await contents(after), await contents(whole)];
    for (const [path, row] of Object.entries(wanted))
      for (const [i, number] of row.entries()) expect(Math.abs(numbers[path]![i]! - number)).toBeLessThan(2e-3);
    await expect(ask(student, before, question)).rejects.toThrow('open it again');
    expect((await ask(student, after, question)).length).toBe(7);
  });

  it('has one writer at a time, whose unfinished work leaves nothing half written', async () => {
    const to = server.address('locked');
    const about = { sha256: 'ab'.repeat(32), bytes: 1, modified: 1, taken: null };
    const { writer } = await openForCaching(student, { to });
    await expect(openForCaching(student, { to })).rejects.toThrow('another process is writing it');
    const features = new Float32Array(2 * student.width).fill(0.5);
    await writer.append([{ path: 'a', ...about }], features.subarray(0, student.width));
    const twice = [
      { path: 'b', ...about },
      { path: 'c', ...about, sha256: 'no hexadecimal number' },
    ];
    await expect(writer.append(twice, features)).rejects.toThrow('invalid hexadecimal digit');
    await writer.close();
    expect((await openImageCache(to)).entries.map(({ path }) => path)).toEqual(['a']);
    await using again = (await openForCaching(student, { to })).writer;
    expect([...again.entries.keys()]).toEqual(['a']);
  });

  it('refuses what it does not keep, and another student', async () => {
    const to = server.address('refusing');
    await expect(cacheImages(student, folder, { to, precision: 'int8' })).rejects.toThrow(
      'pgvector has no numbers of int8',
    );
    await expect(openImageCache(to)).rejects.toThrow('there is no such cache');
    await cacheImages(student, folder, { to });
    await expect(cacheImages(randomStudent(9), folder, { to })).rejects.toThrow('was made by student');
  });
});
