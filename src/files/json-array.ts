import { basename } from 'node:path';
import { UserError } from '../errors.ts';
import { parseRecordJson } from './json.ts';
import { type JsonLine, RowError, type RowOptions } from './json-lines.ts';
import { readTextChunks } from './text.ts';

/** Longest object of a list, in characters; a file without closing braces must not fill the memory. */
const LONGEST = 16 * 2 ** 20;

/** Characters that matter while the structure of the file is scanned. */
const QUOTE = 34;
const BACKSLASH = 92;
const COMMA = 44;
const SPACE = 32;

/** State of the scan of a file. */
interface Scan {
  /** Number of open braces and brackets. */
  depth: number;
  inText: boolean;
  escaped: boolean;
  /** Depth of the entries of the list; 0 until it is found. */
  entries: number;
  /** Start of the current entry in the text; -1 between two entries. */
  from: number;
  /** Whether the current entry is a text, a number or a word, and so no object. */
  isPlain: boolean;
  /** Whether something stands behind a list without a name. */
  isFollowed: boolean;
  /** Range of the last string at depth 1: the name of a list. */
  name: [number, number];
}

/**
 * Reads the objects of a list in a JSON file one by one: `[{…}, …]`, or `{"name": [{…}, …]}` where a name is given. The
 * file is never in memory whole and may be larger than the longest string.
 *
 * @throws UserError when the file cannot be read, lacks the list, is cut short or is no JSON; for an entry that is no
 * object where `onBadRow` is not given.
 */
export async function* readJsonArray(
  path: string,
  name?: string,
  { onBadRow }: RowOptions = {},
): AsyncGenerator<JsonLine, void, undefined> {
  const scan = beginning();
  let text = '';
  let number = 0;
  for await (const chunk of readTextChunks(path)) {
    const kept = scan.from >= 0 ? scan.from : Math.max(0, text.length - 1000);
    shift(scan, kept);
    const next = text.length - kept;
    text = text.slice(kept) + chunk;
    for (const [from, to] of entriesIn(text, next, { scan, name })) {
      number += 1;
      const entry = entryOf(text.slice(from, to).trimEnd(), `${basename(path)}, entry ${number}`);
      if (!(entry instanceof RowError)) yield entry;
      else if (onBadRow) onBadRow(entry);
      else throw entry;
    }
    if (scan.from >= 0 && text.length - scan.from > LONGEST) throw damaged(path, `entry ${number + 1} never ends`);
  }
  if (scan.entries === 0)
    throw new UserError(
      `${path}: has no list${name === undefined ? '' : ` "${name}"`}: check that it is the right file.`,
    );
  if (scan.isFollowed) throw damaged(path, 'something stands behind the end of its list');
  if (scan.depth !== 0)
    throw damaged(path, `it ends inside ${scan.from < 0 ? 'the list' : 'an entry'}, after ${number} whole ones`);
}

const beginning = (): Scan => ({
  depth: 0,
  inText: false,
  escaped: false,
  entries: 0,
  from: -1,
  isPlain: false,
  isFollowed: false,
  name: [0, 0],
});

const damaged = (path: string, what: string): UserError =>
  new UserError(`${path}: cut short or damaged: ${what}: get it again.`);

const shift = (scan: Scan, by: number): void => {
  if (scan.from >= 0) scan.from -= by;
  scan.name = [scan.name[0] - by, scan.name[1] - by];
};

/** Scans the text from `next` on; yields the range of every entry that ends in it. */
function* entriesIn(
  text: string,
  next: number,
  { scan, name }: { readonly scan: Scan; readonly name: string | undefined },
): Generator<[number, number], void, undefined> {
  for (let i = next; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (code > SPACE && !scan.inText && scan.depth <= scan.entries && isPlainEnd(scan, code, i)) {
      yield [scan.from, i];
      [scan.from, scan.isPlain] = [-1, false];
    }
    if (name === undefined && scan.depth === 0 && scan.entries === Number.POSITIVE_INFINITY && code > SPACE)
      scan.isFollowed = true;
    if (scan.inText) {
      followText(scan, code, i);
    } else if (code === QUOTE) {
      scan.inText = true;
      if (scan.depth === 1) scan.name = [i + 1, i + 1];
    } else if (code === 0x7b || code === 0x5b) {
      open(scan, i, text.charAt(i) === '[' && isList(text, scan, name));
    } else if (code === 0x7d || code === 0x5d) {
      scan.depth -= 1;
      if (scan.depth === scan.entries && scan.from >= 0) {
        yield [scan.from, i + 1];
        scan.from = -1;
      }
      if (scan.depth < scan.entries) scan.entries = Number.POSITIVE_INFINITY;
    }
  }
}

/** Begins an entry that is no object; returns whether such an entry ends here. */
const isPlainEnd = (scan: Scan, code: number, i: number): boolean => {
  if (scan.entries === 0 || scan.depth !== scan.entries) return false;
  if (scan.isPlain) return code === COMMA || code === 0x5d;
  const isBegin = scan.from < 0 && code !== COMMA && ![0x7b, 0x7d, 0x5b, 0x5d].includes(code);
  if (isBegin) [scan.from, scan.isPlain] = [i, true];
  return false;
};

const followText = (scan: Scan, code: number, i: number): void => {
  if (scan.escaped) scan.escaped = false;
  else if (code === BACKSLASH) scan.escaped = true;
  else if (code === QUOTE) {
    scan.inText = false;
    if (scan.depth === 1) scan.name = [scan.name[0], i];
  }
};

const open = (scan: Scan, i: number, isWanted: boolean): void => {
  if (scan.entries > 0 && scan.depth === scan.entries) scan.from = i;
  scan.depth += 1;
  if (isWanted) scan.entries = scan.depth;
};

const isList = (text: string, { entries, depth, name: [from, to] }: Scan, name: string | undefined): boolean =>
  entries === 0 && (name === undefined ? depth === 0 : depth === 1 && text.slice(from, to) === name);

/** An entry, or the error that it is no object. */
const entryOf = (text: string, where: string): JsonLine | RowError => {
  try {
    const row = parseRecordJson(text);
    if (typeof row === 'object' && row !== null && !Array.isArray(row)) return { where, row: row as JsonLine['row'] };
    return new RowError(`${where}: not an object but ${text.slice(0, 60)}: check that it is the right file.`);
  } catch (cause) {
    return new RowError(`${where}: not JSON: ${text.slice(0, 60)}…: get the file again.`, { cause });
  }
};
