import { existsSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { makeFolder } from './disk-errors.ts';

const root = mkdtempSync(join(tmpdir(), 'disk-errors-'));
afterAll(() => rmSync(root, { recursive: true }));

describe('a folder', () => {
  it('is made with those above it, also by several at once, and where it is there already', async () => {
    const path = join(root, 'a/b/c');
    for (let round = 0; round < 20; round += 1) {
      rmSync(join(root, 'a'), { recursive: true, force: true });
      const paths = Array.from({ length: 16 }, (_, i) => join(path, `${i % 4}`));
      await Promise.all([path, ...paths].map(makeFolder));
    }
    await makeFolder(path);
    expect(statSync(path).isDirectory()).toBe(true);
  });

  it('through a link to a folder', async () => {
    symlinkSync(join(root, 'a'), join(root, 'linked'));
    await makeFolder(join(root, 'linked/d'));
    expect(statSync(join(root, 'a/d')).isDirectory()).toBe(true);
  });

  it('in place of a file, below one, or below a link to nothing is an error', async () => {
    writeFileSync(join(root, 'file'), '');
    symlinkSync(join(root, 'gone'), join(root, 'dangling'));
    await expect(makeFolder(join(root, 'file'))).rejects.toThrow('file: it is a file: give the path of a folder');
    await expect(makeFolder(join(root, 'file/below/it'))).rejects.toThrow(
      'below/it: its folder is a file: give another',
    );
    await expect(makeFolder(join(root, 'dangling/below'))).rejects.toThrow('below: it is a file: give the path');
    expect(existsSync(join(root, 'gone'))).toBe(false);
  });

  it.skipIf(!existsSync('/proc/self'))(
    'where nothing can be made is an error, and no endless loop',
    async () => {
      await expect(makeFolder('/proc/dide/below')).rejects.toThrow(
        /nothing can be made in \/proc(\/dide)?: give another path$/,
      );
    },
    5000,
  );
});
