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

/** How the lines of an index are read. */
export interface StoreReading<Line> {
  /** A place up to which the lines are known already. Default: the beginning. */
  readonly from?: StorePlace | undefined;
  /** Receives the lines up to the first one whose record is not on the disk, in their order, and holds what it needs of them. */
  readonly take: (line: Line) => void;
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
  const lines: Line[] = [];
  const read = await walkStoreIndex(layout, { from, take: (line) => void lines.push(line) });
  return { lines, ...read };
};

/** Reads the index of a store as `readStoreIndex` does, line by line, so that it may be larger than the memory. */
export const walkStoreIndex = async <Line>(
  layout: StoreLayout<Line>,
  { from = BEGINNING, take }: StoreReading<Line>,
): Promise<Omit<StoreIndex<Line>, 'lines'>> => {
  const { index, data, endOf } = layout;
  let { byte, line, end } = from;
  const handle = await opened(index);
  if (!handle) return { next: { byte: 0, line, end }, lost: 0, hasIndex: false, size: await sizeOf(data) };
  let [lost, size] = [0, 0];
  try {
    for await (const block of readLineBlocks(handle, { begin: byte, path: index })) {
      const lines = block.lines.map((text, i) => parsed(layout, text, line + lost + i + 1));
      // only now: records are written before their lines, and another process may be writing
      size = await sizeOf(data);
      const first = lost > 0 ? 0 : lines.findIndex((one) => endOf(one) > size);
      const there = first < 0 ? lines : lines.slice(0, first);
      for (const one of there) {
        take(one);
        end = Math.max(end, endOf(one));
      }
      line += there.length;
      lost += lines.length - there.length;
      if (first < 0) byte = block.end;
      else byte += there.reduce((sum, _, i) => sum + Buffer.byteLength(block.lines[i]!) + 1, 0);
    }
  } finally {
    await handle.close();
  }
  return { next: { byte, line, end }, lost, hasIndex: true, size: await sizeOf(data) };
};

/** @throws UserError where a line is damaged. */
const parsed = <Line>({ index, parse, advice }: StoreLayout<Line>, text: string, number: number): Line => {
  const line = parse(parseJson(text));
  if (line !== undefined) return line;
  throw new UserError(`${index}:${number}: the line is damaged: ${advice}`);
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

/** A store that is open for appending. Only one may be open at a time: see `takeLock`. */
export interface AppendStore<Line> extends AsyncDisposable {
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
 * @param reading how the lines that it holds are read. Default: they are passed over.
 * @throws UserError where the index is damaged, or the disk refuses.
 */
export const openAppendStore = async <Line>(
  layout: StoreLayout<Line>,
  durability: 'synced' | 'buffered',
  reading: StoreReading<Line> = { take: () => {} },
): Promise<AppendStore<Line>> => {
  const folder = dirname(layout.data);
  const found = await walkStoreIndex(layout, reading);
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
