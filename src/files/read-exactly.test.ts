import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { UserError } from '../errors.ts';
import { parseJson, readJson, readTextIfThere } from './json.ts';
import { openForReading, readBytes, readInto, readRange, readUpTo } from './read-exactly.ts';
import { readTextChunks } from './text.ts';

let folder: string;
let path: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'read-exactly-'));
  path = join(folder, 'ten');
  await writeFile(path, '0123456789');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

it('a range is read whole, or not at all', async () => {
  expect(text(await readRange(path, { offset: 2, length: 3 }))).toBe('234');
  expect(text(await readRange(path, { offset: 10, length: 0 }))).toBe('');
  await expect(readRange(path, { offset: 8, length: 3 })).rejects.toThrow(
    `${path}: it ends at byte 10, where 11 are needed: it is cut short`,
  );
  await expect(readRange(path, { offset: 20, length: 1 })).rejects.toBeInstanceOf(UserError);
});

it('bytes begin their own buffer, and none are promised that do not fit in memory', async () => {
  const handle = await openForReading(path);
  try {
    const bytes = await readBytes(handle, { offset: 1, length: 8 }, path);
    expect([bytes.byteOffset, bytes.buffer.byteLength]).toEqual([0, 8]);
    await expect(readBytes(handle, { offset: 0, length: 2 ** 60 }, path)).rejects.toThrow(/fit in memory here/);
    const into = new Uint8Array(12);
    expect(await readUpTo(handle, into, 4)).toBe(6);
    expect(text(into.subarray(0, 7))).toBe('456789\0');
    await expect(readInto(handle, into, { begin: 4, path })).rejects.toThrow('it ends at byte 10');
  } finally {
    await handle.close();
  }
});

it('what is no file is refused, and says so without a stack of the system', async () => {
  await expect(openForReading(folder)).rejects.toThrow(`${folder}: it is not a file`);
  await expect(openForReading(join(folder, 'none'))).rejects.toThrow(
    'none: it cannot be opened (ENOENT): check the path',
  );
});

it('JSON is read where it is JSON and not too long', async () => {
  const file = async (name: string, content: string | Uint8Array): Promise<string> => {
    await writeFile(join(folder, name), content);
    return join(folder, name);
  };
  expect(await readJson(await file('a.json', '{"a": [1]}'))).toEqual({ a: [1] });
  await expect(readJson(await file('b.json', '{"a": '))).rejects.toThrow(/b\.json: it cannot be read as JSON/);
  await expect(readJson(join(folder, 'c.json'))).rejects.toThrow('c.json: it cannot be read as JSON (ENOENT)');
  await expect(readJson(await file('d.json', new Uint8Array(2 ** 24 + 1)))).rejects.toThrow(/has 16777217 bytes/);
  expect([parseJson('[1]'), parseJson('[1')]).toEqual([[1], undefined]);
});

it('text is read where it is there, piece by piece where it is long', async () => {
  expect(await readTextIfThere(path)).toBe('0123456789');
  expect(await readTextIfThere(join(folder, 'none'))).toBeUndefined();
  await expect(readTextIfThere(folder)).rejects.toThrow('cannot be read (EISDIR)');
  const long = 'ä'.repeat(300_000);
  await writeFile(join(folder, 'long'), long);
  const chunks: string[] = [];
  for await (const chunk of readTextChunks(join(folder, 'long'))) chunks.push(chunk);
  expect(chunks.length).toBeGreaterThan(1);
  expect(chunks.join('')).toBe(long);
});
