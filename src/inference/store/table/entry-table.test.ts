import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { generator, keyOf } from '../../../engine/random.ts';
import { arraysOf, columnsOf } from '../columns.ts';
import type { Entry, Line } from '../layout.ts';
import { EntryTable } from './entry-table.ts';

const shaOf = (content: number): string => createHash('sha256').update(String(content)).digest('hex');

setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');

/** Memory of this process once all that is not used is collected. */
const memoryInUse = async (): Promise<NodeJS.MemoryUsage> => {
  for (let i = 0; i < 3; i += 1) {
    collect();
    await setImmediate();
  }
  return process.memoryUsage();
};

/** Lines as a folder's changes make them: new files, changed and touched ones, copies under other names, removed ones. */
const randomLines = (count: number): Line[] => {
  const random = generator(keyOf(1, 'lines'));
  const below = (end: number): number => Math.floor(random() * end);
  const rows = new Map<number, number>();
  return Array.from({ length: count }, (_, i): Line => {
    const path = `ö${below(3)}/${below(count / 4)}.jpg`;
    if (below(5) === 0) return { path, forgotten: true };
    const content = below(count / 3);
    if (!rows.has(content)) rows.set(content, rows.size);
    const taken = [undefined, null, 1e12 + i][below(3)];
    const entry = { path, bytes: below(1e6), modified: i + 0.25, sha256: shaOf(content), row: rows.get(content)! };
    return taken === undefined ? entry : { ...entry, taken };
  });
};

/** What the lines come to, by a map. */
const mapOf = (lines: readonly Line[]): Map<string, Entry> => {
  const entries = new Map<string, Entry>();
  for (const line of lines) {
    const before = entries.get(line.path);
    if ('forgotten' in line) entries.delete(line.path);
    else {
      // one of another row stands where its line does
      if (before?.row !== line.row) entries.delete(line.path);
      entries.set(line.path, line);
    }
  }
  return entries;
};

const lines = randomLines(20_000);
const tableOf = (some: readonly Line[]): EntryTable => {
  const table = new EntryTable();
  for (const line of some) table.apply(line);
  return table;
};

it('has the entries that a map has, in the same order', () => {
  const [table, map] = [tableOf(lines), mapOf(lines)];
  expect(table.size).toBe(map.size);
  expect([...table.values()]).toEqual([...map.values()]);
  expect([...table.keys()]).toEqual([...map.keys()]);
  for (const { path } of lines) expect([table.has(path), table.get(path)]).toEqual([map.has(path), map.get(path)]);
  expect(table.get('never.jpg')).toBeUndefined();
  expect(table.rows()).toBe(new Set([...map.values()].map(({ row }) => row)).size);
});

it('finds a row by bytes, also where its last name was removed', () => {
  const table = tableOf(lines);
  for (const line of lines) if (!('forgotten' in line)) expect(table.withBytes(line.sha256)?.row).toBe(line.row);
  expect(table.withBytes(shaOf(-1))).toBeUndefined();
});

it('gives columns in the order of the rows, and goes on from columns as from lines', () => {
  const half = lines.length / 2;
  const sorted = [...mapOf(lines.slice(0, half)).values()].sort((a, b) => a.row - b.row);
  const arrays = tableOf(lines.slice(0, half)).arrays();
  expect(arrays).toEqual(arraysOf(sorted));
  const [resumed, inOrder] = [new EntryTable(), tableOf([...sorted, ...lines.slice(half)])];
  resumed.addAll(arrays);
  for (const line of lines.slice(half)) resumed.apply(line);
  expect([...resumed.values()]).toEqual([...inOrder.values()]);
  const { size, entryAt } = columnsOf(resumed.arrays());
  expect(Array.from({ length: size }, (_, i) => entryAt(i))).toEqual(
    [...inOrder.values()].sort((a, b) => a.row - b.row),
  );
});

it('takes less than 180 bytes of an image with a path of 31 letters, and none of them in the heap', async () => {
  const count = 200_000;
  const before = await memoryInUse();
  const table = new EntryTable();
  for (let i = 0; i < count; i += 1) {
    const path = `${2000 + (i >> 14)}/${`${i >> 10}`.padStart(4, '0')}/IMG_${`${i}`.padStart(7, '0')}.jpeg.jpg`;
    table.apply({ path, bytes: i, modified: i + 0.5, taken: null, sha256: `${i}`.padStart(64, '0'), row: i });
  }
  const after = await memoryInUse();
  expect([table.size, table.get('2000/0000/IMG_0000007.jpeg.jpg')?.row]).toEqual([count, 7]);
  expect((after.arrayBuffers - before.arrayBuffers) / count).toBeLessThan(180);
  expect((after.heapUsed - before.heapUsed) / count).toBeLessThan(10);
});

it('is empty where nothing was added', () => {
  const table = new EntryTable();
  expect([table.size, table.rows(), [...table.keys()]]).toEqual([0, 0, []]);
  expect(table.arrays()).toEqual(arraysOf([]));
});
