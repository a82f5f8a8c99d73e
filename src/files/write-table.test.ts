import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readCsv } from './csv.ts';
import { readJsonLines } from './json-lines.ts';
import { type TableColumn, type TableRow, writeTable } from './write-table.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dide-table-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const columns: readonly TableColumn[] = [
  { name: 'image', kind: 'text' },
  { name: 'probability', kind: 'number' },
  { name: 'duplicates', kind: 'texts' },
];

const write = async (name: string, rows: readonly TableRow[], size = rows.length): Promise<string> => {
  async function* blocks() {
    for (let i = 0; i < rows.length; i += Math.max(1, size)) yield rows.slice(i, i + Math.max(1, size));
  }
  const path = join(folder, name);
  await writeTable(path, columns, blocks());
  return path;
};

const readers: Readonly<Record<string, (path: string) => Promise<unknown[]>>> = {
  'rows.jsonl': async (path) => {
    const rows: unknown[] = [];
    for await (const { row } of readJsonLines(path)) rows.push(row);
    return rows;
  },
  'rows.csv': async (path) => {
    const rows: unknown[] = [];
    for await (const { row } of readCsv(path)) {
      const { image, probability, duplicates } = row as Record<string, string>;
      rows.push({
        image,
        probability: Number(probability),
        ...(duplicates === undefined ? {} : { duplicates: JSON.parse(duplicates) }),
      });
    }
    return rows;
  },
  'rows.parquet': async (path) => {
    const rows = await parquetReadObjects({ file: await asyncBufferFromFile(path), compressors });
    return rows.map(({ duplicates, ...row }) => (duplicates === null ? row : { ...row, duplicates }));
  },
};

const name = fc.oneof(
  fc.string({ minLength: 1, unit: 'grapheme' }),
  fc.constantFrom('a,"b".png', 'two\nlines\r.png', '\u001b[31mred.png', 'ü ﻿.png', '-1', '=1+1', 'null'),
);
const row = fc.record(
  {
    image: name,
    probability: fc.double({ min: 0, max: 1, noNaN: true }),
    duplicates: fc.array(name, { minLength: 1, maxLength: 3 }),
  },
  { requiredKeys: ['image', 'probability'] },
);

describe('a table in a file', () => {
  it.each(Object.keys(readers))('is read back equal: %s', async (file) => {
    // the reader of CSV takes surrounding white space of a whole table of one column for an empty line, and no other
    const rows = fc.array(row, { minLength: 1, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(rows, fc.integer({ min: 1, max: 5 }), async (some, size) => {
        expect(await readers[file]!(await write(file, some, size))).toEqual(some);
      }),
      { numRuns: 40 },
    );
  });

  it('of many row groups is one parquet file', async () => {
    const many = Array.from({ length: 70_000 }, (_, i) => ({ image: `${i}.png`, probability: i }));
    const path = await write('many.parquet', many, 10_000);
    expect(await readers['rows.parquet']!(path)).toEqual(many);
  });

  it('without rows has its columns', async () => {
    expect(await readFile(await write('none.csv', []), 'utf8')).toBe('image,probability,duplicates\r\n');
    expect(await readFile(await write('none.jsonl', []), 'utf8')).toBe('');
    expect(await readers['rows.parquet']!(await write('none.parquet', []))).toEqual([]);
  });

  it('is whole or not there, and of a known type', async () => {
    const path = join(folder, 'half.csv');
    async function* failing(): AsyncGenerator<readonly TableRow[]> {
      yield [{ image: 'a', probability: 1 }];
      throw new Error('stopped');
    }
    await expect(writeTable(path, columns, failing())).rejects.toThrow('stopped');
    expect((await readdir(folder)).filter((file) => file.startsWith('half'))).toEqual([]);
    await expect(write('rows.xlsx', [])).rejects.toThrow(
      'rows.xlsx: results are written as JSON lines, CSV or parquet',
    );
  });
});
