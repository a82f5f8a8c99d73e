import { appendFile, mkdtemp, open, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { openAppendStore, readStoreIndex, type StoreLayout } from './append-store.ts';

interface Line {
  readonly name: string;
  readonly end: number;
}

const folders: string[] = [];
let layout: StoreLayout<Line>;
beforeEach(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'append-store-'));
  folders.push(folder);
  layout = {
    data: join(folder, 'data'),
    index: join(folder, 'index.jsonl'),
    parse: (value) => (typeof (value as Line | undefined)?.name === 'string' ? (value as Line) : undefined),
    endOf: ({ end }) => end,
    advice: 'make it again',
  };
});
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))));

/** Appends `text` under its own name, as one record. */
const append = async (...texts: string[]): Promise<void> => {
  await using store = await openAppendStore(layout, 'synced');
  for (const text of texts) await store.append(Buffer.from(text), [{ name: text, end: store.next.end + text.length }]);
};

const names = async (): Promise<string[]> => (await readStoreIndex(layout)).lines.map(({ name }) => name);

describe('an append-only store', () => {
  it('is empty where there are no files, and holds what was appended, over several openings', async () => {
    expect(await readStoreIndex(layout)).toEqual({
      lines: [],
      next: { byte: 0, line: 0, end: 0 },
      lost: 0,
      hasIndex: false,
      size: 0,
    });
    await append('one', 'two');
    await append('three');
    expect(await names()).toEqual(['one', 'two', 'three']);
    expect(await readFile(layout.data, 'utf8')).toBe('onetwothree');
  });

  it('loses only what a crash cut off, wherever that was, and goes on behind it', async () => {
    await append('one', 'two');
    const [data, index] = [await readFile(layout.data), await readFile(layout.index)];
    for (let at = 0; at <= index.length; at += 1) {
      await writeFile(layout.data, data);
      await writeFile(layout.index, index.subarray(0, at));
      const left = ['one', 'two'].slice(0, index.subarray(0, at).toString().split('\n').length - 1);
      expect(await names()).toEqual(left);
      await append('new');
      expect(await names()).toEqual([...left, 'new']);
      expect(await readFile(layout.data, 'utf8')).toBe([...left, 'new'].join(''));
    }
  });

  it('drops lines whose record never reached the disk, and overwrites records without a line', async () => {
    await append('one', 'two');
    await truncate(layout.data, 5);
    expect(await readStoreIndex(layout)).toMatchObject({ next: { end: 3 }, lost: 1, size: 5 });
    await append('new');
    expect(await names()).toEqual(['one', 'new']);
    await appendFile(layout.data, 'no line');
    await append('end');
    expect(await readFile(layout.data, 'utf8')).toBe('onenewend');
  });

  it('is read from a place on, and goes on behind it', async () => {
    await append('one', 'two');
    const { next } = await readStoreIndex(layout);
    expect(next).toEqual({ byte: (await readFile(layout.index)).length, line: 2, end: 6 });
    await append('three');
    const after = await readStoreIndex(layout, next);
    expect(after.lines.map(({ name }) => name)).toEqual(['three']);
    expect(after.next.end).toBe(11);
    await writeFile(layout.index, `${await readFile(layout.index, 'utf8')}[]\n`);
    await expect(readStoreIndex(layout, next)).rejects.toThrow(`${layout.index}:4: the line is damaged`);
  });

  it('drops everything from the first lost record on, so that no place is given twice', async () => {
    await append('one', 'two');
    {
      await using store = await openAppendStore(layout, 'synced');
      await store.append(new Uint8Array(), [{ name: 'note', end: 3 }]);
    }
    await truncate(layout.data, 4);
    await using store = await openAppendStore(layout, 'synced');
    expect([store.lost, await names()]).toEqual([2, ['one']]);
    expect(await readFile(layout.index, 'utf8')).toBe('{"name":"one","end":3}\n');
  });

  it('stops where somebody else has written to its records', async () => {
    await append('one');
    await using store = await openAppendStore(layout, 'synced');
    await appendFile(layout.data, 'other');
    await expect(store.append(Buffer.from('two'), [{ name: 'two', end: 6 }])).rejects.toThrow(
      `${layout.data}: it has 8 bytes, where 3 were written: another program writes it`,
    );
  });

  it('takes lines without a record', async () => {
    await append('one');
    {
      await using store = await openAppendStore(layout, 'buffered');
      await store.append(new Uint8Array(), [{ name: 'note', end: 0 }]);
      expect(store.next.end).toBe(3);
    }
    expect(await names()).toEqual(['one', 'note']);
  });

  it('refuses an index that is damaged otherwise, and names the line', async () => {
    await append('one', 'two');
    for (const garbage of ['{"name"', 'null', '\0\0\0', '[]']) {
      await writeFile(layout.index, `{"name": "one", "end": 3}\n${garbage}\n`);
      const expected = `${layout.index}:2: the line is damaged: make it again`;
      await expect(readStoreIndex(layout)).rejects.toThrow(expected);
      await expect(openAppendStore(layout, 'synced')).rejects.toThrow(expected);
    }
  });

  it('says what is wrong where it may not write', async () => {
    const nowhere = { ...layout, data: join(layout.data, 'none', 'data'), index: join(layout.data, 'none', 'index') };
    await expect(openAppendStore(nowhere, 'synced')).rejects.toThrow('its folder does not exist: create it first');
  });

  it('says that the disk is full, and is whole once it is opened again', async () => {
    await append('one');
    {
      await using store = await openAppendStore(layout, 'synced');
      const handle = await open(layout.index);
      await handle.close();
      const full = Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
      vi.spyOn(Object.getPrototypeOf(handle), 'appendFile').mockRejectedValueOnce(full);
      const line = { name: 'two', end: 6 };
      await expect(store.append(Buffer.from('two'), [line])).rejects.toThrow(/the disk is full/);
      vi.restoreAllMocks();
    }
    await appendFile(layout.data, 'tw');
    await append('three');
    expect(await names()).toEqual(['one', 'three']);
    expect(await readFile(layout.data, 'utf8')).toBe('onethree');
  });
});
