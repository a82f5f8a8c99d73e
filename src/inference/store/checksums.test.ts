import { open, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { aboutOf } from '../image-cache.ts';
import { randomStudent, temporaryFolder } from '../inference.fixture.ts';
import { openImageCache } from '../open-image-cache.ts';
import { openPredictor } from '../open-predictor.ts';
import { cacheFiles } from './file-names.ts';
import type { About } from './manifest.ts';
import { rowsOf } from './manifest.ts';
import { openCacheWriter, type Placeless } from './writer.ts';

let about: About;
beforeAll(async () => {
  await using student = await openPredictor(randomStudent(), { threads: 1 });
  about = aboutOf(student);
});

const imagesFrom = (first: number, count: number): Placeless[] =>
  Array.from({ length: count }, (_, i) => ({
    ...{ path: `${first + i}.png`, bytes: 1, modified: 0, taken: null },
    sha256: (first + i).toString(16).padStart(64, '0'),
  }));

/** Adds images whose numbers are all their own number. */
const add = async (folder: string, first: number, count: number): Promise<void> => {
  await using writer = await openCacheWriter(folder, about);
  const { width } = about;
  await writer.append(
    imagesFrom(first, count),
    Float32Array.from({ length: count * width }, (_, i) => first + Math.floor(i / width)),
  );
  await writer.finish();
};

/** Flips a bit of a byte of the vectors. */
const flip = async (folder: string, byte: number): Promise<void> => {
  const handle = await open(join(folder, rowsOf(about).file), 'r+');
  const bytes = Buffer.alloc(1);
  await handle.read(bytes, 0, 1, byte);
  await handle.write(Buffer.of(bytes[0]! ^ 4), 0, 1, byte);
  await handle.close();
};

const checked = async (folder: string) => (await openImageCache(folder)).check!();

describe('checksums of vectors', () => {
  it('are of all rows, whenever they came, and name the block in which a bit was flipped', async () => {
    const folder = join(await temporaryFolder(), 'cache');
    const rowBytes = rowsOf(about).bytes;
    const ofBlock = Math.ceil((1 << 20) / rowBytes);
    await add(folder, 0, 10);
    await add(folder, 10, ofBlock);
    expect(await checked(folder)).toBe((10 + ofBlock) * rowBytes);
    // rows that have a checksum are not read again when others come
    await flip(folder, 3);
    await add(folder, 10 + ofBlock, 5);
    await expect(checked(folder)).rejects.toThrow(
      /bytes 0 to 1048575 are not those that were written, so that rows 0 to/,
    );
    await flip(folder, 3);
    const all = 15 + ofBlock;
    expect(await checked(folder)).toBe(all * rowBytes);
    await flip(folder, (all - 1) * rowBytes);
    await expect(checked(folder)).rejects.toThrow(new RegExp(`bytes 1048576 to .* rows \\d+ to ${all - 1} cannot`));
  });

  it('are made anew where rows are given back, and left out of a cache that has none', async () => {
    const folder = join(await temporaryFolder(), 'cache');
    await add(folder, 0, 20);
    await using writer = await openCacheWriter(folder, about);
    await writer.note(imagesFrom(0, 15).map(({ path }) => ({ path, forgotten: true })));
    await writer.finish();
    await writer.close();
    expect(await checked(folder)).toBe(5 * rowsOf(about).bytes);
    await flip(folder, 1);
    await expect(checked(folder)).rejects.toThrow('rows 0 to 4 cannot be trusted');
    await rm(join(folder, cacheFiles.checksums));
    expect(await checked(folder)).toBe(0);
  });

  it('do not outlive rows that were lost, whose places others take', async () => {
    const folder = join(await temporaryFolder(), 'cache');
    await add(folder, 0, 20);
    const index = join(folder, cacheFiles.index);
    const lines = (await readFile(index, 'utf8')).trimEnd().split('\n');
    await writeFile(index, `${lines.slice(0, 5).join('\n')}\n`);
    await rm(join(folder, cacheFiles.columns));
    await add(folder, 100, 30);
    expect(await checked(folder)).toBe(35 * rowsOf(about).bytes);
  });
});
