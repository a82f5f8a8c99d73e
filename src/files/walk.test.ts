import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { noticesOf } from './passed-over.ts';
import { walk } from './walk.ts';

const homes: string[] = [];
let home: string;
let folder: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'walk-'));
  homes.push(home);
  folder = join(home, 'photos');
  for (const path of ['photos/sub', 'elsewhere/deep', 'store']) await mkdir(join(home, path), { recursive: true });
  for (const path of ['photos/1.png', 'photos/sub/2.png', 'elsewhere/3.png', 'elsewhere/deep/4.png'])
    await writeFile(join(home, path), path);
});
afterAll(() => Promise.all(homes.map((one) => rm(one, { recursive: true, force: true }))));

const isWanted = (path: string): boolean => path.endsWith('.png');
const walked = async (except?: string) => {
  const { files, passedOver } = await walk(folder, { isWanted, except });
  return { paths: files.map(({ path }) => path), notices: noticesOf(passedOver), passedOver };
};

describe('a walk through a folder', () => {
  it('finds files below it, with their sizes and times, and counts all others by their kind', async () => {
    for (const name of ['a.txt', 'b.txt', 'c.heic.bak', '.DS_Store', 'sub/noend'])
      await writeFile(join(folder, name), '');
    const { files } = await walk(folder, { isWanted });
    expect(files.map(({ path, bytes }) => [path, bytes])).toEqual([
      ['1.png', 12],
      ['sub/2.png', 16],
    ]);
    expect(Math.abs(files[0]!.modified - Date.now())).toBeLessThan(600_000);
    expect((await walked()).notices).toEqual([
      'passed over 5 files that are no pictures by their names: 2 .txt, 1 .DS_Store, 1 .bak, 1 noend',
    ]);
  });

  it('follows links to files and to folders elsewhere, and reads every folder once', async () => {
    await symlink(join(home, 'elsewhere'), join(folder, 'more'));
    await symlink(join(home, 'elsewhere/deep'), join(folder, 'again'));
    await symlink(join(folder, 'sub'), join(folder, 'a link to sub'));
    await symlink(join(home, 'elsewhere/3.png'), join(folder, '3.png'));
    const { paths, notices } = await walked();
    expect(paths.sort()).toEqual(['1.png', '3.png', 'again/4.png', 'more/3.png', 'sub/2.png']);
    expect(notices).toEqual(['passed over 2 links to folders that are read anyway: a link to sub, more/deep']);
  });

  it('ends in loops of links, and says which lead nowhere or out of the folder', async () => {
    await symlink(folder, join(folder, 'sub/loop'));
    await symlink(home, join(folder, 'up'));
    await symlink(join(folder, 'self'), join(folder, 'self'));
    await symlink(join(home, 'nowhere.png'), join(folder, 'gone.png'));
    const { paths, notices } = await walked();
    expect(paths).toEqual(['1.png', 'sub/2.png']);
    expect(notices).toEqual([
      'passed over 2 links that lead nowhere: gone.png, self',
      'passed over 2 links to folders around this one: sub/loop, up',
    ]);
  });

  it.skipIf(process.platform === 'darwin')('passes names over that are no UTF-8, files and folders', async () => {
    for (const name of ['caf\\351.png', 'd\\351p\\364t'])
      execFileSync('sh', ['-c', `touch "$1/$(printf '${name}')"`, 'sh', folder]);
    const { paths, notices } = await walked();
    expect(paths).toHaveLength(2);
    expect(notices).toEqual(['passed over 2 names that are no UTF-8: caf\ufffd.png, d\ufffdp\ufffdt']);
  });

  it('passes over pipes, whatever their names', async () => {
    execFileSync('mkfifo', [join(folder, 'pipe.png')]);
    expect((await walked()).notices).toEqual(['passed over 1 pipe, socket or device: pipe.png']);
  });

  it.skipIf(process.getuid?.() === 0)('reads all but a folder that it may not read, and names that', async () => {
    await mkdir(join(folder, 'lost+found'), { mode: 0 });
    const { paths, notices } = await walked();
    expect(paths).toHaveLength(2);
    expect(notices).toEqual(['passed over 1 folder that cannot be read: lost+found']);
  });

  it('leaves out the folder that is written, without a word', async () => {
    await mkdir(join(folder, 'cache'));
    await writeFile(join(folder, 'cache/index.jsonl'), '');
    expect((await walked(join(folder, 'cache'))).passedOver).toEqual([]);
    expect((await walked()).passedOver).toEqual([{ path: 'cache/index.jsonl', reason: 'name' }]);
  });

  it('can be ended, and says where there is no folder', async () => {
    const signal = AbortSignal.abort(new Error('stopped'));
    await expect(walk(folder, { isWanted, signal })).rejects.toThrow('stopped');
    await expect(walk(join(folder, '1.png'), { isWanted })).rejects.toThrow('1.png: it is no folder: give a folder');
    await expect(walk(join(folder, 'none'), { isWanted })).rejects.toThrow('cannot be read (ENOENT): check the path');
  });
});
