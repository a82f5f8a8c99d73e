import { constants } from 'node:fs';
import { type FileHandle, open, truncate } from 'node:fs/promises';
import { dirname } from 'node:path';
import { counted, UserError } from '../errors.ts';
import { writeAll } from './atomic-write.ts';
import { explainDisk, readError } from './disk-errors.ts';
import { parseJson } from './json.ts';
import { readLineBlocks } from './line-blocks.ts';
import { openCurrent } from './replace-together.ts';

/**
 * The layout of an append-only store: a file of records without separators, and a JSON Lines file that says what and
 * where they are.
 */
export interface StoreLayout<Line> {
  /** Path of the file of records. */
  readonly data: string;
  /** Path of the index. */
  readonly index: string;
  /** Reads a line of the index; undefined where it is damaged. */
  readonly parse: (value: unknown) => Line | undefined;
  /** The byte at which the record of a line ends; 0 for a line without a record. */
  readonly endOf: (line: Line) => number;
  /** Advice about damage, for messages: `remove the cache and make it again`. */
  readonly advice: string;
}

/** A place between two lines of an index. */
export interface StorePlace {
  /** The byte of the index at which the next line begins. */
  readonly byte: number;
  /** Number of lines before it. */
  readonly line: number;
  /** End of the last record that they describe, in bytes of the file of records. */
  readonly end: number;
}

/** The place before the first line. */
const BEGINNING: StorePlace = { byte: 0, line: 0, end: 0 };

/** The index of a store, as it is on the disk. */
export interface StoreIndex<Line> {
  /** The lines up to the first one whose record is not on the disk, in their order. */
  readonly lines: readonly Line[];
  /** The place behind them. */
  readonly next: StorePlace;
  /** Number of lines from the first one on whose record is not on the disk. */
  readonly lost: number;
  /** Whether there is an index; an absent one has no lines. */
  readonly hasIndex: boolean;
  /** Bytes of the file of records. */
  readonly size: number;
}

/**
 * Reads the index of a store. Half a line at its end, as a crash leaves it, is passed over.
 *
 * @param from a place up to which the lines are known already.
 * @throws UserError that names the line where the index is damaged otherwise than by a crash.
 */
export const readStoreIndex = async <Line>(
  layout: StoreLayout<Line>,
  from: StorePlace = BEGINNING,
): Promise<StoreIndex<Line>> => {
  const read = await readLines(layout, from);
  // only now: records are written before their lines, and another process may be writing
  const size = await sizeOf(layout.data);
  const first = read.lines.findIndex((line) => layout.endOf(line) > size);
  const lines = first < 0 ? read.lines : read.lines.slice(0, first);
  const end = lines.reduce((most, line) => Math.max(most, layout.endOf(line)), from.end);
  const line = from.line + lines.length;
  const byte = first < 0 ? read.byte : await byteOfLine(layout, { from, line });
  return { lines, next: { byte, line, end }, lost: read.lines.length - lines.length, hasIndex: read.hasIndex, size };
};

interface Read<Line> {
  readonly lines: Line[];
  /** The byte behind the last line. */
  readonly byte: number;
  readonly hasIndex: boolean;
}

const readLines = async <Line>(layout: StoreLayout<Line>, from: StorePlace): Promise<Read<Line>> => {
  const { index, parse, advice } = layout;
  const handle = await opened(index);
  if (!handle) return { lines: [], byte: 0, hasIndex: false };
  const lines: Line[] = [];
  let byte = from.byte;
  try {
    for await (const block of readLineBlocks(handle, { begin: from.byte, path: index })) {
      for (const text of block.lines) {
        const line = parse(parseJson(text));
        if (line === undefined)
          throw new UserError(`${index}:${from.line + lines.length + 1}: the line is damaged: ${advice}`);
        lines.push(line);
      }
      byte = block.end;
    }
  } finally {
    await handle.close();
  }
  return { lines, byte, hasIndex: true };
};

const opened = (path: string): Promise<FileHandle | undefined> =>
  openCurrent(path).catch((error: unknown) => {
    throw readError(path, error);
  });

const sizeOf = async (path: string): Promise<number> => {
  const handle = await opened(path);
  if (!handle) return 0;
  try {
    return (await handle.stat()).size;
  } finally {
    await handle.close();
  }
};

/** The byte of the index at which a line begins, counted from 0. */
const byteOfLine = async (
  { index }: Pick<StoreLayout<unknown>, 'index'>,
  { from, line }: { readonly from: StorePlace; readonly line: number },
): Promise<number> => {
  const handle = await opened(index);
  if (!handle) return 0;
  let [at, before] = [from.byte, from.line];
  try {
    for await (const { lines, end } of readLineBlocks(handle, { begin: from.byte, path: index })) {
      const some = lines.slice(0, line - before);
      before += some.length;
      at = some.length === lines.length ? end : at + Buffer.byteLength(`${some.join('\n')}\n`);
      if (before === line) break;
    }
  } finally {
    await handle.close();
  }
  return at;
};

/** A store that is open for appending. Only one may be open at a time: see `takeLock`. */
export interface AppendStore<Line> extends AsyncDisposable {
  /** The lines that it held when it was opened, from the given place on. */
  readonly lines: readonly Line[];
  /** Number of lines that were removed as it was opened, since their records, or those of lines before, were lost. */
  readonly lost: number;
  /** The place behind its last line; the next record begins at its `end`. */
  readonly next: StorePlace;
  /**
   * Appends records, then the lines about them: after a crash a line is there only with its record.
   *
   * @throws UserError where the disk refuses, or another program has written to the records. After an error close the
   *   store and open it again, which repairs it.
   */
  append(records: Uint8Array, lines: readonly Line[]): Promise<void>;
}

/**
 * Opens a store for appending, creates it where there is none, and repairs what a crash left: half a line is removed,
 * and the lines from the first one on that lacks its record; records without lines are overwritten.
 *
 * @param durability `synced`: an append returns once the disk has it; `buffered`: the system writes when it likes.
 * @param from a place up to which the lines are known already.
 * @throws UserError where the index is damaged, or the disk refuses.
 */
export const openAppendStore = async <Line>(
  layout: StoreLayout<Line>,
  durability: 'synced' | 'buffered',
  from: StorePlace = BEGINNING,
): Promise<AppendStore<Line>> => {
  const folder = dirname(layout.data);
  const found = await readStoreIndex(layout, from);
  let { next } = found;
  if (found.hasIndex) await truncate(layout.index, next.byte);
  const [data, index] = await openBoth(layout, folder, next.end);
  const writing = async (handle: FileHandle, write: () => Promise<void>): Promise<void> => {
    try {
      await write();
      if (durability === 'synced') await handle.datasync();
    } catch (error) {
      throw explainDisk(folder, error);
    }
  };
  return {
    lines: found.lines,
    lost: found.lost,
    get next() {
      return next;
    },
    append: async (records, lines) => {
      await refuseOther(data, layout.data, next.end);
      // at the place that the lines will say: whatever else happens to the file, no row can be another's
      if (records.length > 0) await writing(data, () => writeAll(data, records, next.end));
      const bytes = linesAsBytes(lines);
      if (bytes.length > 0) await writing(index, () => index.appendFile(bytes));
      next = { byte: next.byte + bytes.length, line: next.line + lines.length, end: next.end + records.length };
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all([data.close(), index.close()]);
    },
  };
};

/** Refuses a file that is not as long as it was left: a program that takes no lock is writing it. */
const refuseOther = async (data: FileHandle, path: string, end: number): Promise<void> => {
  const { size } = await data.stat();
  if (size === end) return;
  throw new UserError(
    `${path}: it has ${counted(size, 'byte')}, where ${end} were written: another program writes it: end that one, and try again`,
  );
};

type Paths = Pick<StoreLayout<unknown>, 'data' | 'index'>;

/** Opens both files, the records cut to their end. */
const openBoth = async ({ data, index }: Paths, folder: string, end: number): Promise<[FileHandle, FileHandle]> => {
  const handles: FileHandle[] = [];
  try {
    const records = await open(data, constants.O_RDWR | constants.O_CREAT);
    handles.push(records);
    await records.truncate(end);
    return [records, await open(index, 'a')];
  } catch (error) {
    await Promise.all(handles.map((handle) => handle.close()));
    throw explainDisk(folder, error);
  }
};

/** Lines of an index as the bytes of its file. */
export const linesAsBytes = (lines: readonly unknown[]): Buffer =>
  Buffer.from(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
