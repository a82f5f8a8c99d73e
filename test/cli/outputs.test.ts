import { chmodSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cacheImages, exportOnnx, finetune, loadModel, vqa } from '../../src/index.ts';
import { failing } from './cli.fixture.ts';
import { fileWriters, folderWriters, nanoPlaceForTests } from './writers.fixture.ts';

const place = nanoPlaceForTests();

const folderOutputs: typeof folderWriters = {
  ...folderWriters,
  'reproduce --report': (out, { root }) => ['reproduce', '--tiny', '--out', join(root, 'never'), '--report', out],
};

let number = 0;
/** A new folder for one test. */
const fresh = (): string => {
  number += 1;
  const folder = join(place().root, `outputs-${number}`);
  mkdirSync(folder);
  return folder;
};

describe('an output that cannot be is refused before anything is done', () => {
  it.each(Object.entries(folderOutputs))(
    '%s: a file in its place, or above it, or a link to nothing',
    async (_, argsFor) => {
      const folder = fresh();
      const file = join(folder, 'file');
      writeFileSync(file, 'mine');
      expect(await failing(folder, ...argsFor(file, place()))).toBe('/file: it is a file: give the path of a folder');
      expect(await failing(folder, ...argsFor(join(file, 'below'), place()))).toBe(
        `/file/below: /file is a file: give a path whose folders are folders`,
      );
      symlinkSync(join(folder, 'nowhere'), join(folder, 'link'));
      expect(await failing(folder, ...argsFor(join(folder, 'link'), place()))).toBe(
        '/link: it is a link to nothing: remove it, or give another path',
      );
      expect(readFileSync(file, 'utf8')).toBe('mine');
      expect(readdirSync(place().root).filter((name) => /^(never|cached-)/.test(name))).toEqual([]);
    },
  );

  it.each(Object.entries(fileWriters))('%s: a folder in its place, or a file above it', async (_, argsFor) => {
    const folder = fresh();
    mkdirSync(join(folder, 'taken'));
    expect(await failing(folder, ...argsFor(join(folder, 'taken'), place()))).toBe(
      '/taken: it is a folder: give the path of a file',
    );
    writeFileSync(join(folder, 'file'), 'mine');
    expect(await failing(folder, ...argsFor(join(folder, 'file', 'below'), place()))).toBe(
      '/file/below: /file is a file: give a path whose folders are folders',
    );
  });

  // root may write anywhere
  it.skipIf(process.getuid?.() === 0)('every verb: a folder in which nothing may be written', async () => {
    const folder = fresh();
    chmodSync(folder, 0o555);
    for (const argsFor of Object.values(folderOutputs))
      expect(await failing(folder, ...argsFor(join(folder, 'new'), place()))).toMatch(
        /^\/new: .* permits no writing \(EACCES\)/,
      );
    chmodSync(folder, 0o755);
  });

  it.each(['scenes', 'fetch'])('%s: a folder that holds something else', async (verb) => {
    const folder = fresh();
    mkdirSync(join(folder, 'full'));
    writeFileSync(join(folder, 'full', 'mine.txt'), '');
    expect(await failing(folder, ...folderWriters[verb]!(join(folder, 'full'), place()))).toBe(
      '/full: it holds 1 file already: give an empty or new folder',
    );
  });
});

describe('the library, too, refuses a file where a folder should be', () => {
  it('of a cache, an export and a run', async () => {
    const folder = fresh();
    const { data, student } = place();
    const file = join(folder, 'file');
    writeFileSync(file, 'mine');
    const model = await loadModel(student);
    const expected = `${file}: it is a file: give the path of a folder`;
    await expect(cacheImages(model, join(data, 'images'), { to: file, threads: 1 })).rejects.toThrow(expected);
    await expect(exportOnnx(model, file, { threads: 1 })).rejects.toThrow(expected);
    const steps = finetune(model, { task: vqa, data, updates: 1, batch: 4, folder: file, threads: 1 });
    await expect(steps.next()).rejects.toThrow(expected);
  });
});
