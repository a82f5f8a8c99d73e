import { copyFile, rename, rm, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { encodePng } from '../data/image.ts';
import { cacheImages } from './cache-images.ts';
import { contents, expectClose, folder, makePlace, run, to, trained } from './caching.fixture.ts';
import { numbered, raggedScene, writeImages } from './inference.fixture.ts';
import { openImageCache } from './open-image-cache.ts';

beforeEach(makePlace);

describe('a folder of images', () => {
  it('is cached with its subfolders, and reads the same in blocks of any size', async () => {
    await writeImages(folder, { ...numbered(5), 'deep/er/ä\u2028.png': 9 });
    await writeFile(join(folder, 'notes.txt'), 'no image');
    const { cache, last, notices } = await run();
    const counts = { encoded: 6, kept: 0, unreadable: 0, passedOver: 1, forgotten: 0 };
    expect(last).toEqual({ ...counts, done: 6, of: 6, found: 7 });
    expect(notices).toEqual(['passed over 1 file that is no picture by its name: 1 .txt']);
    expect(cache.entries.map(({ path }) => path).sort()).toEqual([
      '0.png',
      '1.png',
      '2.png',
      '3.png',
      '4.png',
      'deep/er/ä\u2028.png',
    ]);
    const all = await contents(cache);
    expect(cache.size).toBe(6);
    expect(await contents(cache, 1)).toEqual(all);
    expect(await contents(await openImageCache(to), 4)).toEqual(all);
    expect(new Set(Object.values(all).map((numbers) => numbers[0])).size).toBe(6);
  });

  it('gives an image the same numbers in whatever batch it was', async () => {
    await writeImages(folder, numbered(7));
    const alone = await contents((await run({ batch: 1 })).cache);
    expectClose(await contents((await run({ batch: 5, to: join(folder, 'other') })).cache), alone);
  });

  it('is not read again: only what is new or has changed goes through the encoder', async () => {
    await writeImages(folder, numbered(4));
    const before = await contents((await run()).cache);
    expect((await run()).last).toMatchObject({ done: 4, encoded: 0, kept: 4 });
    await writeImages(folder, { '1.png': 20, 'new.png': 21 });
    const { cache, last } = await run();
    expect(last).toMatchObject({ done: 5, encoded: 2, kept: 3 });
    const after = await contents(cache);
    expect(after['0.png']).toEqual(before['0.png']);
    expect(after['1.png']).not.toEqual(before['1.png']);
    expect((await run()).last).toMatchObject({ encoded: 0, kept: 5 });
  });

  it('may be touched, copied and renamed: the same bytes are never encoded twice', async () => {
    await writeImages(folder, numbered(3));
    const before = await contents((await run()).cache);
    await utimes(join(folder, '0.png'), 1, 1);
    await copyFile(join(folder, '1.png'), join(folder, 'copy.png'));
    await rename(join(folder, '2.png'), join(folder, 'moved.png'));
    const { cache, last } = await run();
    expect(last).toMatchObject({ done: 4, encoded: 0, kept: 4, forgotten: 1 });
    expect(await contents(cache)).toEqual({
      '0.png': before['0.png'],
      '1.png': before['1.png'],
      'copy.png': before['1.png'],
      'moved.png': before['2.png'],
    });
  });

  it('encodes copies once, in one window and in later ones, and counts them as kept', async () => {
    const copies = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`x${i}.png`, 3]));
    await writeImages(folder, { 'a.png': 1, 'b.png': 1, 'c.png': 2, ...copies, 'z.png': 1 });
    const { cache, last } = await run({ batch: 1 });
    expect(last).toMatchObject({ found: 24, encoded: 3, kept: 21, unreadable: 0, passedOver: 0 });
    expect(new Set(cache.entries.map(({ row }) => row)).size).toBe(3);
    const all = await contents(cache);
    expect(all['z.png']).toEqual(all['a.png']);
    expect(all['a.png']).not.toEqual(all['c.png']);
  });

  it('is compared by its bytes where that is asked, though size and time are the same', async () => {
    const path = join(folder, 'a.png');
    const write = async (seed: number): Promise<void> => {
      const bytes = await encodePng(raggedScene(seed));
      await writeFile(path, Buffer.concat([bytes, Buffer.alloc(30_000 - bytes.length)]));
      await utimes(path, 1000, 1000);
    };
    await write(1);
    const before = await contents((await run()).cache);
    await write(2);
    expect((await run()).last).toMatchObject({ encoded: 0, kept: 1 });
    const { cache, last } = await run({ compare: 'bytes' });
    expect(last).toMatchObject({ encoded: 1, kept: 0 });
    expect((await contents(cache))['a.png']).not.toEqual(before['a.png']);
    expect((await run({ compare: 'bytes' })).last).toMatchObject({ encoded: 0, kept: 1 });
  });

  it('loses from the cache what was removed from it', async () => {
    await writeImages(folder, numbered(3));
    await run();
    await rm(join(folder, '1.png'));
    const { cache, last } = await run();
    expect(last).toMatchObject({ done: 2, kept: 2, forgotten: 1 });
    expect(cache.entries.map(({ path }) => path)).toEqual(expect.not.arrayContaining(['1.png']));
  });

  it('is cached but for its unreadable files, which are named', async () => {
    await writeImages(folder, numbered(3));
    await run();
    await truncate(join(folder, '1.png'), 60);
    await writeFile(join(folder, 'empty.jpg'), '');
    const { cache, last, notices } = await run();
    expect(last).toMatchObject({ done: 4, kept: 2, unreadable: 2 });
    expect(notices.sort()).toEqual([expect.stringContaining('1.png'), expect.stringContaining('empty.jpg')]);
    expect(cache.entries.map(({ path }) => path).sort()).toEqual(['0.png', '2.png']);
    await expect(run({ unreadable: 'refuse' })).rejects.toThrow(/1\.png: the image is damaged/);
  });

  it('is an error when there is no image in it, or no folder, and nothing cached is forgotten for that', async () => {
    await expect(run()).rejects.toThrow('there is no image in it');
    await writeImages(folder, numbered(1));
    await run();
    await rm(join(folder, '0.png'));
    await expect(run()).rejects.toMatchObject({ name: 'UserError' });
    expect((await openImageCache(to)).entries).toHaveLength(1);
    await expect(cacheImages(trained, join(folder, 'nowhere'), { to })).rejects.toThrow('ENOENT');
    await expect(openImageCache(join(folder, 'nowhere'))).rejects.toThrow('it is no image cache');
  });
});
