import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeEach, expect, it } from 'vitest';
import { LockedError } from './lock.ts';
import { makeWholeFolder } from './whole-folder.ts';

const homes: string[] = [];
let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'whole-folder-'));
  homes.push(home);
});
afterAll(() => Promise.all(homes.map((one) => rm(one, { recursive: true, force: true }))));

/** Makes a folder of two files, the second a moment after the first. */
const make = (folder: string, content: string): Promise<string> =>
  makeWholeFolder(folder, {
    there: () => readFile(join(folder, 'b'), 'utf8').catch(() => undefined),
    write: async (into) => {
      await writeFile(join(into, 'a'), content);
      await setTimeout(50);
      await writeFile(join(into, 'b'), content);
      return content;
    },
  });

it('is made by one of many who begin at once, and the others are told', async () => {
  const folder = join(home, 'new', 'data');
  const all = await Promise.allSettled(['1', '2', '3', '4'].map((content) => make(folder, content)));
  const made = all.filter((one) => one.status === 'fulfilled');
  expect(made).toHaveLength(1);
  for (const one of all) if (one.status === 'rejected') expect(one.reason).toBeInstanceOf(LockedError);
  for (const name of ['a', 'b']) expect(await readFile(join(folder, name), 'utf8')).toBe(made[0]!.value);
  expect(await readdir(join(home, 'new'))).toEqual(['data']);
  expect(await make(folder, 'other')).toBe(made[0]!.value);
});

it('takes the place of an empty folder, however its path is written, and of what a killed process left', async () => {
  const folder = join(home, 'data');
  await mkdir(folder);
  await mkdir(`${folder}.partial`);
  await writeFile(join(`${folder}.partial`, 'old'), '');
  await writeFile(`${folder}.lock`, '1 elsewhere');
  expect(await make(`${folder}/`, '1')).toBe('1');
  expect((await readdir(folder)).sort()).toEqual(['a', 'b']);
  expect(await readdir(home)).toEqual(['data']);
});

it('is not there where its writing fails', async () => {
  const folder = join(home, 'data');
  const failing = makeWholeFolder(folder, {
    there: async () => undefined,
    write: async (into) => {
      await writeFile(join(into, 'a'), '1');
      throw new Error('no room');
    },
  });
  await expect(failing).rejects.toThrow('no room');
  expect(existsSync(folder)).toBe(false);
  expect(await readdir(home)).toEqual([]);
});

it('gives an empty folder back as it was, where its writing fails', async () => {
  const folder = join(home, 'data');
  await mkdir(folder, { mode: 0o700 });
  const { ino } = await stat(folder);
  const failing = makeWholeFolder(folder, {
    there: async () => undefined,
    write: async (into) => {
      await writeFile(join(into, 'a'), '1');
      expect(await readdir(home)).not.toContain('data');
      throw new Error('no room');
    },
  });
  await expect(failing).rejects.toThrow('no room');
  expect(await readdir(folder)).toEqual([]);
  expect((await stat(folder)).ino).toBe(ino);
  expect(await readdir(home)).toEqual(['data']);
});
