import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readCsv } from './csv.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'csv-'));
});
afterAll(() => rm(folder, { recursive: true }));

const rowsOf = async (content: string | Buffer, options?: Parameters<typeof readCsv>[1]) => {
  const path = join(folder, 'x.csv');
  await writeFile(path, content);
  const rows = [];
  for await (const row of readCsv(path, options)) rows.push(row);
  return rows;
};

describe('a CSV file', () => {
  it("gives what Python's csv reads, with any separator, line end, quotes and encoding", async () => {
    const cases = JSON.parse(
      await readFile(new URL('../../test/files/layouts/csv/python.json', import.meta.url), 'utf8'),
    ) as { readonly base64: string; readonly rows: unknown[] }[];
    expect(cases).toHaveLength(63);
    for (const { base64, rows } of cases)
      expect((await rowsOf(Buffer.from(base64, 'base64'))).map(({ row }) => row)).toEqual(rows);
  });

  it('is separated as the line says that Excel puts before it', async () => {
    expect(await rowsOf('sep=;\r\na,x;b\r\n1;2\r\n')).toEqual([{ where: 'x.csv:3', row: { 'a,x': '1', b: '2' } }]);
  });

  it('names the line in which a row begins', async () => {
    const rows = await rowsOf('a,b\r\n"one\r\ntwo\rthree",2\r\n\r\n3,4');
    expect(rows.map(({ where }) => where)).toEqual(['x.csv:2', 'x.csv:6']);
  });

  it.each([
    ['a,b\n1\n', 'x.csv:2: has 1 value for 2 names (a, b): mend the row.'],
    ['a\tb\n1\t2\n1\t2\t3\n', 'x.csv:3: has 3 values for 2 names (a, b): mend the row.'],
    ['a,b\n1,2\n1,"2\n\n', 'x.csv:3: a quote that this row opens is never closed: close it.'],
    [`a,b\n1,2\n"${'x\n'.repeat(2 ** 20)}`, 'x.csv:3: the row that begins here is longer than 1048576 characters'],
  ])('is refused: %j', async (text, message) => {
    await expect(rowsOf(text)).rejects.toThrow(message);
  });

  it('passes over rows with too few or too many values where somebody hears of them', async () => {
    const heard: string[] = [];
    const rows = await rowsOf('a|b\n1|2\n3\n4|5|6\n7|8\n', { onBadRow: ({ message }) => heard.push(message) });
    expect(rows.map(({ row }) => row)).toEqual([
      { a: '1', b: '2' },
      { a: '7', b: '8' },
    ]);
    expect(heard).toEqual([
      'x.csv:3: has 1 value for 2 names (a, b): mend the row.',
      'x.csv:4: has 3 values for 2 names (a, b): mend the row.',
    ]);
  });
});
