import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createModel } from '../../src/checkpoints/model-file.ts';
import { LockedError } from '../../src/files/lock.ts';
import { vqa } from '../../src/tasks/vqa.ts';
import { finetune } from '../../src/training/finetune.ts';
import { openTeacherRecords } from '../../src/training/teacher-outputs/records.ts';
import { nanoDescription, writeNano } from '../fixtures/nano.ts';

const home = mkdtempSync(join(tmpdir(), 'run-lock-'));
const data = join(home, 'scenes');
beforeAll(() => writeNano(data), 60_000);
afterAll(() => rmSync(home, { recursive: true, force: true }));

it('lets one training at a time into the folder of a run', { timeout: 60_000 }, async () => {
  const folder = join(home, 'run');
  const options = { task: vqa, data, batch: 4, updates: 3, threads: 1, validateEvery: 3, folder };
  const train = (resume: boolean) => finetune(createModel(nanoDescription('vilt'), 1), { ...options, resume });
  const first = train(false);
  expect((await first.next()).value).toMatchObject({ number: 1 });
  for (const resume of [false, true]) await expect(train(resume).next()).rejects.toThrow(LockedError);
  await first.return();
  expect(existsSync(join(folder, 'run.lock'))).toBe(false);
  expect((await train(true).next()).value).toMatchObject({ number: 2 });
});

it('adds the records of a teacher that others have made meanwhile to those that it knows', async () => {
  const about = { teacher: 'a' };
  const folder = join(home, 'teacher');
  await using slow = await openTeacherRecords(folder, about);
  {
    await using fast = await openTeacherRecords(folder, about);
    await using writer = await fast.openWriter();
    await expect(slow.openWriter()).rejects.toThrow(LockedError);
    await writer.append([{ example: 7, record: Uint8Array.of(1, 2), milliseconds: 1 }]);
  }
  expect(slow.has(7)).toBe(false);
  await using writer = await slow.openWriter();
  expect([slow.has(7), slow.bytes()]).toEqual([true, 2]);
  await writer.append([{ example: 8, record: Uint8Array.of(3), milliseconds: 1 }]);
  expect([...(await slow.read(7)), ...(await slow.read(8))]).toEqual([1, 2, 3]);
});

it('lets one of several that begin at once say what a folder of records is', async () => {
  const folder = join(home, 'claimed');
  const opened = await Promise.allSettled(['a', 'b', 'c'].map((teacher) => openTeacherRecords(folder, { teacher })));
  expect(opened.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
});
