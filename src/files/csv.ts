import { basename } from 'node:path';
import { counted, UserError } from '../errors.ts';
import { type JsonLine, RowError, type RowOptions } from './json-lines.ts';
import { readTextChunks } from './text.ts';

/** Longest row, in characters; a quote that is never closed must not fill the memory. */
const LONGEST = 2 ** 20;

/**
 * Reads a CSV file row by row, as objects with the names of its first line. Values are separated by whichever of comma,
 * tab, semicolon and `|` the first line has most of (or what Excel's `sep=` line says). Quotes are read as Python's csv
 * does: in a value that begins with one, separators and line ends count as text and `""` is a quote; elsewhere a quote
 * is a character. Every value is a string; empty ones are left out. A row's place is the line that it begins in.
 *
 * @throws UserError when the file cannot be read, a name stands twice, a quote is never closed, or a row has more or fewer values than names
 * and `onBadRow` is not given.
 */
export async function* readCsv(path: string, { onBadRow }: RowOptions = {}): AsyncGenerator<JsonLine, void, undefined> {
  let names: string[] | undefined;
  for await (const { values, line } of rowsOf(path)) {
    if (values.length === 1 && values[0]!.trim() === '') continue;
    if (!names) {
      names = values.map((name) => name.trim());
      checkNames(names, `${basename(path)}:${line}`);
      continue;
    }
    const where = `${basename(path)}:${line}`;
    if (values.length !== names.length) {
      const error = new RowError(
        `${where}: has ${counted(values.length, 'value')} for ${counted(names.length, 'name')} (${names.join(', ')}): mend the row.`,
      );
      if (!onBadRow) throw error;
      onBadRow(error);
      continue;
    }
    yield {
      where,
      row: Object.fromEntries(names.map((name, i) => [name, values[i]!] as const).filter(([, value]) => value !== '')),
    };
  }
}

/** @throws UserError where two columns have one name; columns without a name, as pandas' index, may be several. */
const checkNames = (names: readonly string[], where: string): void => {
  const twice = names.find((name, i) => name !== '' && names.indexOf(name) < i);
  if (twice !== undefined)
    throw new UserError(`${where}: two columns are called "${twice}": give each a name of its own.`);
};

interface CsvRow {
  readonly values: readonly string[];
  /** Number of the line that it begins in, from 1. */
  readonly line: number;
}

async function* rowsOf(path: string): AsyncGenerator<CsvRow, void, undefined> {
  let [rest, line]: [string, number] = ['', 1];
  let value: RegExp | undefined;
  for await (const chunk of readTextChunks(path)) {
    rest += chunk;
    if (!value) {
      // a file's first line is shorter than a chunk, unless it is no table at all
      const [first] = /^sep=.\r?\n/i.exec(rest) ?? [''];
      if (first !== '') [rest, line] = [rest.slice(first.length), 2];
      value = cellOf(first === '' ? separatorOf(rest) : first.charAt(4), rest);
    }
    const { rows, end, lines } = split(rest, value, line);
    yield* rows;
    [rest, line] = [end, line + lines];
    if (rest.length > LONGEST)
      throw new UserError(
        `${path}:${line}: the row that begins here is longer than ${LONGEST} characters: close its quotes.`,
      );
  }
  if (rest === '' || !value) return;
  const { rows, end, lines } = split(`${rest}\n`, value, line);
  if (end !== '')
    throw new UserError(`${path}:${line + lines}: a quote that this row opens is never closed: close it.`);
  yield* rows;
}

/** The separator of which the first line has most outside of quotes; a comma where it has none. */
const separatorOf = (text: string): string => {
  const [head] = text.replaceAll(/"[^"]*"/g, '').split(/[\r\n]/, 1) as [string];
  const counts = [',', '\t', ';', '|'].map((mark) => [mark, head.split(mark).length] as const);
  return counts.reduce((most, one) => (one[1] > most[1] ? one : most))[0];
};

/**
 * One value, in quotes or not, and what ends it. Where every name of the first line has a space before it, so have the
 * values, and in a table with `|` quotes are then part of the text.
 */
const cellOf = (separator: string, text: string): RegExp => {
  const mark = separator === '|' ? '\\|' : separator;
  const isSpaced = new RegExp(`^[^${mark}\\r\\n]*(?:${mark} [^${mark}\\r\\n]*)+(?:[\\r\\n]|$)`).test(text);
  const rest = `[^${mark}\\r\\n]*`;
  const isQuoting = !(isSpaced && separator === '|');
  const quoted = isQuoting ? `"[^"]*(?:""[^"]*)*"(?!")${rest}` : '(?!)';
  const plain = isQuoting ? `[^"${mark}\\r\\n]${rest}|` : rest;
  const end = `${mark}|\\r\\n|\\n|\\r(?=[\\s\\S])`;
  return new RegExp(`${isSpaced ? ' *' : ''}(?:(${quoted})|(${plain}))(${end})`, 'y');
};

/** Splits a text into its complete rows and the rest behind the last one. */
const split = (
  text: string,
  value: RegExp,
  begin: number,
): { readonly rows: CsvRow[]; readonly end: string; readonly lines: number } => {
  const rows: CsvRow[] = [];
  let values: string[] = [];
  let [at, lines] = [0, 0];
  value.lastIndex = 0;
  for (let found = value.exec(text); found; found = value.exec(text)) {
    const [, quoted, plain = '', after] = found as unknown as [string, string | undefined, string | undefined, string];
    values.push(quoted === undefined ? plain : unquoted(quoted));
    if (!/[\r\n]/.test(after)) continue;
    rows.push({ values, line: begin + lines });
    values = [];
    lines += text.slice(at, value.lastIndex).match(/\r\n|\n|\r/g)!.length;
    at = value.lastIndex;
  }
  return { rows, end: text.slice(at), lines };
};

/** The value in quotes, and what stands behind the closing one, which Python's csv appends. */
const unquoted = (raw: string): string => {
  const [, inside, behind] = /^"([^"]*(?:""[^"]*)*)"([\s\S]*)$/.exec(raw) as unknown as [string, string, string];
  return inside.replaceAll('""', '"') + behind;
};
