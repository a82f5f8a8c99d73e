import { readFile, stat } from 'node:fs/promises';
import { counted, UserError } from '../errors.ts';
import { readError } from './disk-errors.ts';

/** Longest JSON file that is read whole: no index of weights and no config.json is longer. Bytes. */
const LONGEST = 2 ** 24;

/** Reads a JSON file whole. @throws UserError where it cannot be read, is no JSON or longer than 16 MiB. */
export const readJson = async (path: string): Promise<unknown> => {
  const size = await stat(path).then(
    (found) => found.size,
    () => 0,
  );
  if (size > LONGEST) {
    throw new UserError(
      `${path}: it has ${counted(size, 'byte')}, where such a file has ${LONGEST} at most: check the file`,
    );
  }
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    throw new UserError(`${path}: it cannot be read as JSON (${code ?? message}): check the file`, { cause });
  }
};

/** The value of a JSON text; undefined where it is no JSON. */
export const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** The text of a file; undefined where there is no such file. @throws UserError where it cannot be read. */
export const readTextIfThere = (path: string): Promise<string | undefined> =>
  readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return undefined;
    throw readError(path, cause);
  });

/** A text, of which digits and names are left alone, or a token that JavaScript and Python read differently. */
const TOKEN = /"[^"\\]*(?:\\[\s\S][^"\\]*)*"|-?(?:NaN|Infinity)\b|-?\d[\d.eE+-]*/g;

/**
 * Parses JSON as Python and databases write it: `NaN` and the infinities, which are no JSON, become null, and a whole
 * number beyond 2^53, which a number here would round to that of another row, becomes the text of its digits.
 *
 * @throws SyntaxError where it is no JSON.
 */
export const parseRecordJson = (text: string): unknown =>
  JSON.parse(/\d{16}|NaN|Infinity/.test(text) ? text.replaceAll(TOKEN, readable) : text);

const readable = (token: string): string => {
  if (token.startsWith('"')) return token;
  if (/[Ny]$/.test(token)) return 'null';
  return /^-?\d+$/.test(token) && !Number.isSafeInteger(Number(token)) ? `"${token}"` : token;
};

/** A whole number of 64 bits as a record holds it: a number, or, beyond 2^53, the text of its digits. */
export const wholeNumber = (value: bigint | number): number | string => {
  const number = Number(value);
  return typeof value === 'number' || Number.isSafeInteger(number) ? number : String(value);
};
