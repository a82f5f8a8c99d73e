import { basename } from 'node:path';
import { UserError } from '../errors.ts';
import { parseRecordJson } from './json.ts';
import { linesOf } from './lines/read-lines.ts';

/** The error of one row: those before and after it may be whole. */
export class RowError extends UserError {}

/** Options of reading the rows of a file. */
export interface RowOptions {
  /** Receives the error of a row that is none, which is passed over; by default it is thrown. */
  readonly onBadRow?: ((error: UserError) => void) | undefined;
}

/** An object of a JSON or CSV file, and where it is in it. */
export interface JsonLine {
  /** File and line, for errors: `train.jsonl:17`. */
  readonly where: string;
  readonly row: Readonly<Record<string, unknown>>;
}

/**
 * Reads a JSON Lines file, one object a line, as its rows are consumed. Empty lines are skipped.
 *
 * @throws UserError when the file cannot be read, or a line is no JSON object or far too long; it names the file and
 * the line.
 */
export async function* readJsonLines(
  path: string,
  { onBadRow }: RowOptions = {},
): AsyncGenerator<JsonLine, void, undefined> {
  let number = 0;
  for await (const line of linesOf(path)) {
    number += 1;
    const where = `${basename(path)}:${number}`;
    if (line.trim() === '') continue;
    const row = parseRow(line, where);
    if (!(row instanceof RowError)) yield { where, row };
    else if (onBadRow) onBadRow(row);
    else throw row;
  }
}

/** The object of a line, or the error that it is none. */
const parseRow = (text: string, where: string): Record<string, unknown> | RowError => {
  try {
    const row = parseRecordJson(text);
    if (typeof row === 'object' && row !== null && !Array.isArray(row)) return row as Record<string, unknown>;
    return new RowError(
      `${where}: not an object but ${shorten(text)}: write {"image": …, "question": …} on each line.`,
    );
  } catch (cause) {
    return new RowError(`${where}: not JSON: ${shorten(text)}: write one whole JSON object on each line.`, { cause });
  }
};

const shorten = (text: string): string => (text.length > 60 ? `${text.slice(0, 60)}…` : text);

/** A field that is a string. @throws UserError where the row lacks it or it is no string. */
export const textField = ({ row, where }: JsonLine, name: string): string => {
  const value = row[name];
  if (typeof value === 'string') return value;
  throw fieldError({ row, where }, name, 'a text');
};

/** A field that is a list of strings. @throws UserError where the row lacks it or it is no such list. */
export const textsField = ({ row, where }: JsonLine, name: string): string[] => {
  const value = row[name];
  if (Array.isArray(value) && value.every((entry): entry is string => typeof entry === 'string')) return value;
  throw fieldError({ row, where }, name, 'a list of texts');
};

/** The error for a field that is missing or of the wrong kind. */
export const fieldError = ({ row, where }: JsonLine, name: string, kind: string): RowError => {
  const fields = Object.keys(row).join(', ') || 'nothing';
  return row[name] === undefined
    ? new RowError(`${where}: lacks "${name}", has ${fields}: add it.`)
    : new RowError(`${where}: "${name}" is ${shorten(JSON.stringify(row[name]))}: it must be ${kind}.`);
};
