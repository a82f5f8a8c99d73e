import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadOrt } from '../engine/runtime/ort-api.ts';
import { LockedError, takeLock } from './lock.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lock-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const path = () => join(folder, 'store.lock');

it('keeps others out until it is released, in the same process, too', async () => {
  const release = await takeLock(path(), folder);
  await expect(takeLock(path(), folder)).rejects.toThrow(
    new LockedError(`${folder}: process ${process.pid} is writing it: wait until it is done, or end it`),
  );
  await release();
  expect(existsSync(path())).toBe(false);
  await (await takeLock(path(), folder))();
});

it('is given to one of many who ask at once', async () => {
  for (let round = 0; round < 20; round += 1) {
    const asked = await Promise.allSettled(Array.from({ length: 20 }, () => takeLock(path(), folder)));
    const taken = asked.filter((one) => one.status === 'fulfilled');
    expect(taken).toHaveLength(1);
    expect(asked.every((one) => one.status === 'fulfilled' || one.reason instanceof LockedError)).toBe(true);
    await taken[0]!.value();
  }
});

it('released twice is no other holder’s loss', async () => {
  const release = await takeLock(path(), folder);
  await release();
  const other = await takeLock(path(), folder);
  await release();
  await expect(takeLock(path(), folder)).rejects.toThrow(LockedError);
  await other();
});

it.each(['4194305', String(process.pid), '1', 'nobody', ''])(
  'is no matter of what a dead process left in the file (%s)',
  async (left) => {
    await writeFile(path(), left);
    const release = await takeLock(path(), folder);
    expect(await readFile(path(), 'utf8')).toMatch(new RegExp(`^${process.pid} `));
    await release();
  },
);

it('is released by the system where its process is killed', async () => {
  const child = spawn(process.execPath, [
    '--import',
    'tsx',
    fileURLToPath(new URL('lock-child.fixture.ts', import.meta.url)),
    path(),
  ]);
  await new Promise((resolve) => child.stdout.once('data', resolve));
  await expect(takeLock(path(), folder)).rejects.toThrow(`process ${child.pid} is writing it`);
  const ended = new Promise((resolve) => child.once('close', resolve));
  child.kill('SIGKILL');
  await ended;
  expect(existsSync(path())).toBe(true);
  await (await takeLock(path(), folder))();
});

it('names the machine of a holder elsewhere', async () => {
  const release = await takeLock(path(), folder);
  await writeFile(path(), '7 another-container');
  await expect(takeLock(path(), folder)).rejects.toThrow('process 7 is writing it (on another-container): wait');
  await release();
});

it('says where its folder does not exist', async () => {
  await expect(takeLock(join(folder, 'none', 'store.lock'), folder)).rejects.toThrow('its folder does not exist');
});

it('lets ONNX Runtime be loaded after it in the same process', async () => {
  await (await takeLock(path(), folder))();
  expect((await loadOrt()).textAt).toBeTypeOf('function');
});
