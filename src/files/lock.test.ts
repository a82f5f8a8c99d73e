import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { takeLock } from './lock.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lock-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const path = () => join(folder, 'store.lock');

it('keeps others out until it is released', async () => {
  const release = await takeLock(path(), folder);
  await expect(takeLock(path(), folder)).rejects.toThrow(
    `${folder}: process ${process.pid} is writing it: wait until it is done, or remove store.lock`,
  );
  await release();
  expect(existsSync(path())).toBe(false);
  await (await takeLock(path(), folder))();
});

it.each(['4194305', 'nobody', ''])('is taken over where its process has died (%s)', async (owner) => {
  await writeFile(path(), owner);
  const release = await takeLock(path(), folder);
  expect(await readFile(path(), 'utf8')).toBe(String(process.pid));
  await release();
});

it('says where its folder does not exist', async () => {
  await expect(takeLock(join(folder, 'none', 'store.lock'), folder)).rejects.toThrow('its folder does not exist');
});
