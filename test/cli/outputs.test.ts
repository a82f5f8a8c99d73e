import { chmodSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cacheImages, exportOnnx, finetune, loadModel, vqa } from '../../src/index.ts';
import { best, failing, placeForTests } from './cli.fixture.ts';

const place = placeForTests();

/** Each verb that writes, with an output of its own, given where the others go. */
const writers: Readonly<Record<string, (out: string) => string[]>> = {
  finetune: (out) => ['finetune', '--from-scratch', '--data', place().data, '--out', out],
  'finetune --cache-teacher': (out) => [
    ...['finetune', '--teacher', best(place().teacher), '--data', place().data, '--out', join(place().root, 'never')],
    ...['--cache-teacher', out],
  ],
  pretrain: (out) => ['pretrain', '--from-scratch', '--data', place().data, '--out', out],
  cache: (out) => ['cache', best(place().student), join(place().data, 'images'), '--to', out],
  convert: (out) => ['convert', place().data, '--to', out],
  scenes: (out) => ['scenes', out, '--tiny'],
  fetch: (out) => ['fetch', 'easy-vqa', out],
  quickstart: (out) => ['quickstart', '--tiny', '--out', out],
  reproduce: (out) => ['reproduce', '--tiny', '--out', out],
  'reproduce --report': (out) => ['reproduce', '--tiny', '--out', join(place().root, 'never'), '--report', out],
  remake: (out) => ['remake', 'pretrained-mini', '--out', join(place().root, 'never.safetensors'), '--folder', out],
  'export onnx': (out) => ['export', best(place().student), '--out', out],
  'export huggingface': (out) => ['export', best(place().teacher), '--to', 'huggingface', '--out', out],
};

const fileWriters: Readonly<Record<string, (out: string) => string[]>> = {
  'evaluate --predictions': (out) => [
    ...['evaluate', best(place().student), '--data', place().data, '--predictions', out],
  ],
  'evaluate --submission': (out) => [
    ...['evaluate', best(place().student), '--data', place().data, '--submission', out],
  ],
  'export safetensors': (out) => ['export', best(place().student), '--to', 'safetensors', '--out', out],
  explain: (out) => [
    ...['explain', best(place().student), join(place().data, 'images/test-iid/000001.png')],
    ...['is there a red star?', '--to', out],
  ],
  'remake --out': (out) => ['remake', 'pretrained-mini', '--out', out],
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
  it.each(Object.entries(writers))('%s: a file in its place, or above it, or a link to nothing', async (_, argsFor) => {
    const folder = fresh();
    const file = join(folder, 'file');
    writeFileSync(file, 'mine');
    expect(await failing(folder, ...argsFor(file))).toBe('/file: it is a file: give the path of a folder');
    expect(await failing(folder, ...argsFor(join(file, 'below')))).toBe(
      `/file/below: /file is a file: give a path whose folders are folders`,
    );
    symlinkSync(join(folder, 'nowhere'), join(folder, 'link'));
    expect(await failing(folder, ...argsFor(join(folder, 'link')))).toBe(
      '/link: it is a link to nothing: remove it, or give another path',
    );
    expect(readFileSync(file, 'utf8')).toBe('mine');
    expect(existsSync(join(place().root, 'never'))).toBe(false);
  });

  it.each(Object.entries(fileWriters))('%s: a folder in its place, or a file above it', async (_, argsFor) => {
    const folder = fresh();
    mkdirSync(join(folder, 'taken'));
    expect(await failing(folder, ...argsFor(join(folder, 'taken')))).toBe(
      '/taken: it is a folder: give the path of a file',
    );
    writeFileSync(join(folder, 'file'), 'mine');
    expect(await failing(folder, ...argsFor(join(folder, 'file', 'below')))).toBe(
      '/file/below: /file is a file: give a path whose folders are folders',
    );
  });

  // root may write anywhere
  it.skipIf(process.getuid?.() === 0)('every verb: a folder in which nothing may be written', async () => {
    const folder = fresh();
    chmodSync(folder, 0o555);
    for (const argsFor of Object.values(writers))
      expect(await failing(folder, ...argsFor(join(folder, 'new')))).toMatch(
        /^\/new: .* permits no writing \(EACCES\)/,
      );
    chmodSync(folder, 0o755);
  });

  it.each(['scenes', 'fetch'])('%s: a folder that holds something else', async (verb) => {
    const folder = fresh();
    mkdirSync(join(folder, 'full'));
    writeFileSync(join(folder, 'full', 'mine.txt'), '');
    expect(await failing(folder, ...writers[verb]!(join(folder, 'full')))).toBe(
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
    const model = await loadModel(best(student));
    const expected = `${file}: it is a file: give the path of a folder`;
    await expect(cacheImages(model, join(data, 'images'), { to: file, threads: 1 })).rejects.toThrow(expected);
    await expect(exportOnnx(model, file, { threads: 1 })).rejects.toThrow(expected);
    const steps = finetune(model, { task: vqa, data, updates: 1, batch: 4, folder: file, threads: 1 });
    await expect(steps.next()).rejects.toThrow(expected);
  });
});
