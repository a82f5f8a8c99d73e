import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openCacheEditor, type ReadyImage } from './cache-editor.ts';
import { cacheImages } from './cache-images.ts';
import { aboutOf } from './image-cache.ts';
import { prepareImage, sha256Of } from './image-files.ts';
import { numbered, randomStudent, temporaryFolder, writeImages } from './inference.fixture.ts';
import { openImageCache } from './open-image-cache.ts';
import { openPredictor } from './open-predictor.ts';
import { sizeRuleOf } from './size-rule.ts';
import { openCacheWriter } from './store/writer.ts';

const model = randomStudent();

const ready = async (folder: string, path: string): Promise<ReadyImage> => {
  const bytes = await readFile(join(folder, path));
  const { mtimeMs } = await stat(join(folder, path));
  const file = { path, bytes: bytes.length, modified: mtimeMs, sha256: sha256Of(bytes) };
  return { file, picture: await prepareImage(bytes, sizeRuleOf(model.config), { where: path, pictures: 'as-shown' }) };
};

const numbersOf = async (folder: string): Promise<Map<string, number[]>> => {
  const all = new Map<string, number[]>();
  const cache = await openImageCache(folder);
  const { width } = cache.about;
  for await (const { paths, features } of cache.blocks())
    for (const [i, path] of paths.entries()) all.set(path, [...features.data.slice(i * width, (i + 1) * width)]);
  return all;
};

it('adds images one by one with the numbers that a folder cached at once has, equal bytes in one row, and removes them', async () => {
  const folder = await temporaryFolder();
  await writeImages(folder, { ...numbered(4), 'twin.png': 2 });
  const whole = await numbersOf(
    (await cacheImages(model, folder, { to: join(folder, 'whole.cache'), threads: 1, precision: 'float32' })).folder,
  );
  await using student = await openPredictor(model, { threads: 1 });
  const to = join(folder, 'edited.cache');
  // the editor keeps the precision of a cache that is there
  await (await openCacheWriter(to, aboutOf(student, { pictures: 'as-shown', precision: 'float32' }))).close();
  {
    await using editor = await openCacheEditor(student, to);
    await editor.add([await ready(folder, '0.png')]);
    await editor.add(await Promise.all(['1.png', '2.png', 'twin.png'].map((path) => ready(folder, path))));
    await expect(openCacheEditor(student, to)).rejects.toThrow('is writing it');
    expect(editor.shaOf('twin.png')).toBe(editor.shaOf('2.png'));
    expect(editor.shaOf('3.png')).toBeUndefined();
  }
  {
    await using editor = await openCacheEditor(student, to);
    await editor.add([await ready(folder, '3.png')]);
    await editor.remove(['1.png', 'never there.png']);
  }
  const edited = await numbersOf(to);
  expect([...edited.keys()].sort()).toEqual(['0.png', '2.png', '3.png', 'twin.png']);
  const rows = new Map((await openImageCache(to)).entries.map(({ path, row }) => [path, row]));
  expect(rows.get('twin.png')).toBe(rows.get('2.png'));
  for (const [path, row] of edited)
    for (const [i, value] of row.entries()) expect(Math.abs(value - whole.get(path)![i]!)).toBeLessThan(1e-5);
});
