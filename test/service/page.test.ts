import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../src/inference/inference.fixture.ts';
import { bytesOf, jsonIn, problemIn, type Served, serve } from './service.fixture.ts';

const list = '/v1/caches/photos/images';
const paths = ({ images }: { images: { path: string }[] }): string[] => images.map(({ path }) => path);

describe('what a page shows', () => {
  let served: Served;
  beforeAll(async () => {
    served = await serve();
    const bytes = await bytesOf(served.photos, '0.png');
    expect((await served.upload('2024/july/beach.png', bytes)).status).toBe(201);
  });
  afterAll(() => served.server.stop());

  it('is listed part by part, filtered and in an order', async () => {
    const all = await jsonIn(await served.get(list));
    expect([all.total, all.found, all.images.length]).toEqual([7, 7, 7]);
    const sorted = await jsonIn(await served.get(`${list}?sort=path&order=descending&offset=1&count=2`));
    expect([sorted.found, ...paths(sorted)]).toEqual([7, '4.png', '3.png']);
    expect(paths(await jsonIn(await served.get(`${list}?folder=2024`)))).toEqual(['2024/july/beach.png']);
    const globs = await jsonIn(await served.get(`${list}?paths=[0-3].png&paths=!2.png&sort=path`));
    expect([globs.total, ...paths(globs)]).toEqual([7, '0.png', '1.png', '3.png']);
    const bySize = await jsonIn(await served.get(`${list}?sort=bytes`));
    const sizes = bySize.images.map(({ bytes }: { bytes: number }) => bytes);
    expect(sizes).toEqual([...sizes].sort((a, b) => b - a));
    expect((await jsonIn(await served.get(`${list}?to=1999`))).found).toBe(0);
    expect(await problemIn(await served.get(`${list}?from=yesterday`))).toMatchObject({ status: 422 });
    expect(await problemIn(await served.get(`${list}?sort=colour`))).toMatchObject({ status: 400 });
  });

  it('has folders, and of one image all that is known', async () => {
    expect(await jsonIn(await served.get('/v1/caches/photos/folders'))).toEqual({
      folders: ['2024', '2024/july'].map((folder) => ({ folder, images: 1 })),
    });
    const info = await jsonIn(await served.get('/v1/caches/photos/image?path=2024/july/beach.png'));
    expect(info).toMatchObject({
      folder: '2024/july',
      copies: ['0.png'],
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(info.date).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/);
    expect(Math.min(info.width, info.height)).toBeGreaterThan(10);
    expect((await served.get('/v1/caches/photos/image?path=none.png')).status).toBe(404);
  });

  it('has thumbnails that are kept: for ever by their hash, otherwise as long as the image is the same', async () => {
    const { sha256 } = await jsonIn(await served.get('/v1/caches/photos/image?path=1.png'));
    const path = '/v1/caches/photos/thumbnail?path=1.png&side=64';
    const first = await served.get(path);
    const etag = first.headers.get('etag')!;
    expect(first.headers.get('cache-control')).toBe('private, no-cache');
    expect((await served.get(path, { headers: { 'if-none-match': etag } })).status).toBe(304);
    const named = await served.get(`${path}&sha256=${sha256}`);
    expect(named.headers.get('cache-control')).toContain('immutable');
    expect(await named.arrayBuffer()).toEqual(await first.arrayBuffer());
    const other = await served.get(`${path}&sha256=${'0'.repeat(64)}`);
    expect(other.headers.get('cache-control')).toBe('private, no-cache');
  });

  it('is asked with filters, conditions and an order, and says how many there are', async () => {
    const ask = async (more: object) =>
      jsonIn(await served.post('/v1/caches/photos/ask', { question: 'is there a circle ?', ...more }));
    const all = await ask({ top: 100, histogram: true });
    expect([all.images, all.found, all.answers.length, all.answer]).toEqual([7, 7, 7, 'yes']);
    expect(all.histogram.reduce((sum: number, one: { images: number }) => sum + one.images, 0)).toBe(7);
    expect(all.milliseconds).toBeGreaterThan(0);
    const cut = all.answers[3].probability;
    const byPath = await ask({ atLeast: cut, sort: 'path', top: 2 });
    expect(byPath.found).toBeGreaterThanOrEqual(4);
    expect(byPath.answers.map(({ image }: { image: string }) => image)).toEqual(
      all.answers
        .filter(({ probability }: { probability: number }) => probability >= cut)
        .map(({ image }: { image: string }) => image)
        .sort()
        .slice(0, 2),
    );
    // whatever the cut and the number of answers, all are counted
    const counted = await ask({ bars: 50, atLeast: cut, top: 1 });
    const inBar = (i: number): number =>
      all.answers.filter((one: { probability: number }) => Math.floor(50 * one.probability) === i).length;
    expect([counted.answers.length, ...counted.bars]).toEqual([1, ...Array.from({ length: 50 }, (_, i) => inBar(i))]);
    expect(await problemIn(await served.post('/v1/caches/photos/ask', { question: 'is it ?', bars: 0 }))).toMatchObject(
      {
        status: 400,
      },
    );
    const both = await ask({ and: ['is there a circle ?'], top: 1 });
    expect(both.answers[0].probability).toBeCloseTo(all.answers[0].probability ** 2, 5);
    const grouped = await ask({ nearDuplicates: 0, top: 100 });
    expect(grouped.answers.flatMap(({ duplicates = [] }) => duplicates)).toHaveLength(1);
    expect((await ask({ folder: ['2024'] })).images).toBe(1);
  });

  it('is asked and answered line by line', async () => {
    const response = await served.post('/v1/caches/photos/ask/stream', { question: 'is there a circle ?' });
    expect(response.headers.get('content-type')).toBe('application/x-ndjson');
    const lines = (await response.text())
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.at(-1)).toMatchObject({ done: 7, of: 7 });
    expect(lines.flatMap(({ found }) => found)).toHaveLength(7);
    const refused = await served.post('/v1/caches/photos/ask/stream', { question: 'is it ?', answer: 'zeppelin' });
    expect(await problemIn(refused)).toMatchObject({ status: 422 });
  });
});

describe('the page', () => {
  it('is served from its folder, with a strict policy, and nothing else is', async () => {
    const home = await temporaryFolder();
    const page = join(home, 'page');
    await mkdir(join(page, 'assets'), { recursive: true });
    await writeFile(join(page, 'index.html'), '<!doctype html><title>It</title>');
    await writeFile(join(page, 'assets', 'index-Bx3f_9aZ.js'), 'export {};');
    await writeFile(join(page, '.secret'), 'hidden');
    await writeFile(join(page, 'train.html'), 'a page that needs the files of a site');
    await writeFile(join(home, 'outside.txt'), 'outside');
    await symlink(join(home, 'outside.txt'), join(page, 'link.txt'));
    await using served = await serve({ page, count: 1 });
    const index = await served.get('/');
    expect(await index.text()).toContain('<title>It</title>');
    expect(index.headers.get('content-type')).toContain('text/html');
    expect(index.headers.get('content-security-policy')).toMatch(/^default-src 'none'; script-src 'self'; /);
    expect(index.headers.get('cache-control')).toBe('no-cache');
    const again = await served.get('/', { headers: { 'if-none-match': index.headers.get('etag')! } });
    expect(again.status).toBe(304);
    const script = await served.get('/assets/index-Bx3f_9aZ.js');
    expect(script.headers.get('content-type')).toContain('javascript');
    expect(script.headers.get('cache-control')).toContain('immutable');
    for (const path of [
      '/.secret',
      '/train.html',
      '/link.txt',
      '/../outside.txt',
      '/%2e%2e/outside.txt',
      '/assets/../../outside.txt',
    ])
      expect([path, (await served.get(path)).status]).toEqual([path, 404]);
    expect((await served.get('/v1/caches')).status).toBe(200);
  });

  it('names the routes where there is none, and a folder that is none is refused', async () => {
    await using served = await serve({ count: 1 });
    expect(await (await served.get('/')).text()).toContain('/v1/caches/{cache}/ask');
    await expect(serve({ page: served.photos, count: 1 })).rejects.toThrow('no index.html');
  });
});
