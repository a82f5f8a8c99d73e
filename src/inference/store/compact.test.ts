import { cp, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { cacheFolder, contents, expectClose, trained } from '../caching.fixture.ts';
import { numbered, temporaryFolder, writeImages } from '../inference.fixture.ts';
import { openImageCache } from '../open-image-cache.ts';
import { openPredictor } from '../open-predictor.ts';
import { cacheFiles } from './file-names.ts';

/** Changes of the disk that still succeed; then the process is as good as dead. */
const disk = vi.hoisted(() => ({ left: Number.POSITIVE_INFINITY }));

vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof import('node:fs/promises')>();
  // biome-ignore lint/suspicious/noExplicitAny: any function of the file system
  const counting = <F extends (...args: any[]) => Promise<unknown>>(change: F): F =>
    (async (...args: Parameters<F>) => {
      if (disk.left-- <= 0) throw new Error('killed');
      return await change(...args);
    }) as F;
  const open: typeof real.open = async (...args) => {
    const handle = await real.open(...args);
    for (const name of ['write', 'truncate', 'appendFile'] as const)
      Object.assign(handle, { [name]: counting(handle[name].bind(handle)) });
    // a step like the others, for which no test need wait
    for (const name of ['sync', 'datasync'] as const) Object.assign(handle, { [name]: counting(async () => {}) });
    return handle;
  };
  const { rename, mkdir, rm, rmdir, truncate } = real;
  const changes = { rename, mkdir, rm, rmdir, truncate };
  const counted = Object.entries(changes).map(([name, change]) => [name, counting(change)]);
  return { ...real, ...Object.fromEntries(counted), open };
});

it('leaves every image its numbers, at whatever step the caching and compacting is killed', async () => {
  const home = await temporaryFolder();
  const [photos, before, to] = ['photos', 'before', 'cache'].map((name) => join(home, name)) as [
    string,
    string,
    string,
  ];
  await using student = await openPredictor(trained, { threads: 1 });
  await writeImages(photos, numbered(6));
  const old = await contents((await cacheFolder(photos, { to: before }, student)).cache);
  for (const i of [1, 2, 3, 4, 5]) await rm(join(photos, `${i}.png`));
  await writeImages(photos, { 'new.png': 30 });
  const fresh = await contents((await cacheFolder(photos, { to: join(home, 'fresh') }, student)).cache);
  const all = { ...old, ...fresh };
  let [steps, isDone] = [0, false];
  for (; !isDone; steps += 1) {
    await rm(to, { recursive: true, force: true });
    await cp(before, to, { recursive: true });
    disk.left = steps;
    isDone = await cacheFolder(photos, { to }, student).then(
      () => true,
      (error: Error) => /killed/.test(error.message) && false,
    );
    disk.left = Number.POSITIVE_INFINITY;
    const now = await contents(await openImageCache(to));
    expectClose(now, Object.fromEntries(Object.keys(now).map((path) => [path, all[path]!])));
    expectClose(await contents((await cacheFolder(photos, { to }, student)).cache), fresh);
    const { about, columns, index, checksums } = cacheFiles;
    expect((await readdir(to)).sort()).toEqual([about, columns, index, checksums, 'vectors.f32']);
    expect(await (await openImageCache(to)).check!()).toBe(2 * 4 * student.width);
    expect((await stat(join(to, 'vectors.f32'))).size).toBe(2 * 4 * student.width);
  }
  expect(steps).toBeGreaterThan(30);
});
