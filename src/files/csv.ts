import { basename } from 'node:path';
import { UserError } from '../errors.ts';
import { readTextChunks } from './json.ts';
import type { JsonLine } from './json-lines.ts';

/** Longest row, in characters; a quote that is never closed must not fill the memory. */
const LONGEST = 2 ** 20;

/**
 * Reads a CSV file row by row, as objects with the names of its first line (RFC 4180: separated by commas, values in
 * double quotes may hold line ends). Every value is a string; empty ones are left out.
 *
 * @throws UserError when the file cannot be read, a row has more or fewer values than names, or a quote is never
 * closed.
 */
export async function* readCsv(path: string): AsyncGenerator<JsonLine, void, undefined> {
  let names: string[] | undefined;
  let number = 0;
  for await (const values of rowsOf(path)) {
    number += 1;
    if (values.length === 1 && values[0] === '') continue;
    if (!names) {
      names = values.map((name) => name.trim());
      continue;
    }
    const where = `${basename(path)}:${number}`;
    if (values.length !== names.length) {
      throw new UserError(
        `${where}: has ${values.length} values for ${names.length} names (${names.join(', ')}): mend the row.`,
      );
    }
    yield {
      where,
      row: Object.fromEntries(names.map((name, i) => [name, values[i]!] as const).filter(([, value]) => value !== '')),
    };
  }
}

async function* rowsOf(path: string): AsyncGenerator<string[], void, undefined> {
  let rest = '';
  for await (const chunk of readTextChunks(path)) {
    const { rows, end } = split(rest === '' ? chunk.replace(/^\uFEFF/, '') : rest + chunk);
    yield* rows;
    rest = end;
    if (rest.length > LONGEST)
      throw new UserError(`${path}: a row is longer than ${LONGEST} characters: close its quotes.`);
  }
  if (rest === '') return;
  const { rows, end } = split(`${rest}\n`);
  if (end !== '') throw new UserError(`${path}: a quote is never closed in its last row: close it.`);
  yield* rows;
}

/** Splits a text into its complete rows and the rest behind the last one. */
const split = (text: string): { readonly rows: string[][]; readonly end: string } => {
  const rows: string[][] = [];
  const value = /("(?:[^"]|"")*"|[^",\r\n]*)(,|\r?\n)/y;
  let row: string[] = [];
  let begin = 0;
  for (let found = value.exec(text); found; found = value.exec(text)) {
    const [, raw, after] = found as unknown as [string, string, string];
    row.push(raw.startsWith('"') ? raw.slice(1, -1).replaceAll('""', '"') : raw);
    if (after === ',') continue;
    rows.push(row);
    row = [];
    begin = value.lastIndex;
  }
  return { rows, end: text.slice(begin) };
};
