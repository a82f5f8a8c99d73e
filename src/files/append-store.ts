import { type FileHandle, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { UserError } from '../errors.ts';
import { writeAtomically } from './atomic-write.ts';
import { explainDisk } from './disk-errors.ts';
import { parseJson, readTextIfThere } from './json.ts';

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
  /** What to do about damage, for messages: `remove the cache and make it again`. */
  readonly advice: string;
}

/** The index of a store, as it is on the disk. */
export interface StoreIndex<Line> {
  /** The lines whose records are on the disk, in their order. */
  readonly lines: readonly Line[];
  /** End of the last record that a line describes, in bytes. */
  readonly end: number;
  /** Whether a crash left half a line, or lines without records. They are not among `lines`. */
  readonly isTorn: boolean;
}

/**
 * Reads the index of a store; an absent one is empty.
 *
 * @throws UserError that names the line where the index is damaged otherwise than by a crash.
 */
export const readStoreIndex = async <Line>(layout: StoreLayout<Line>): Promise<StoreIndex<Line>> => {
  const { index, parse, endOf, advice } = layout;
  const texts = ((await readTextIfThere(index)) ?? '').split('\n');
  const isCut = texts.pop() !== '';
  const all = texts.map((text, i) => {
    const line = parse(parseJson(text));
    if (line !== undefined) return line;
    throw new UserError(`${index}:${i + 1}: the line is damaged: ${advice}`);
  });
  const size = await sizeOf(layout.data);
  const lines = all.filter((line) => endOf(line) <= size);
  const end = lines.reduce((most, line) => Math.max(most, endOf(line)), 0);
  return { lines, end, isTorn: isCut || lines.length < all.length };
};

const sizeOf = async (path: string): Promise<number> => {
  const handle = await open(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (!handle) return 0;
  try {
    return (await handle.stat()).size;
  } finally {
    await handle.close();
  }
};

/** A store that is open for appending. Only one may be open at a time: see `takeLock`. */
export interface AppendStore<Line> extends AsyncDisposable {
  /** The lines that it held when it was opened. */
  readonly lines: readonly Line[];
  /** Bytes of its records; the next one begins there. */
  readonly end: number;
  /**
   * Appends records, then the lines about them: after a crash a line is there only with its record.
   *
   * @throws UserError where the disk refuses. After an error close the store and open it again, which repairs it.
   */
  append(records: Uint8Array, lines: readonly Line[]): Promise<void>;
}

/**
 * Opens a store for appending, creates it where there is none, and repairs what a crash left: half a line and lines
 * without records are removed, records without lines are overwritten.
 *
 * @param durability `synced`: an append returns once the disk has it; `buffered`: the system writes when it likes.
 * @throws UserError where the index is damaged, or the disk refuses.
 */
export const openAppendStore = async <Line>(
  layout: StoreLayout<Line>,
  durability: 'synced' | 'buffered',
): Promise<AppendStore<Line>> => {
  const folder = dirname(layout.data);
  const found = await readStoreIndex(layout);
  if (found.isTorn) await writeAtomically(layout.index, (append) => append(linesAsBytes(found.lines)));
  const [data, index] = await openBoth(layout, folder);
  await data.truncate(found.end);
  let { end } = found;
  const add = async (handle: FileHandle, bytes: Uint8Array): Promise<void> => {
    if (bytes.length === 0) return;
    try {
      await handle.appendFile(bytes);
      if (durability === 'synced') await handle.datasync();
    } catch (error) {
      throw explainDisk(folder, error);
    }
  };
  return {
    lines: found.lines,
    get end() {
      return end;
    },
    append: async (records, lines) => {
      await add(data, records);
      end += records.length;
      await add(index, linesAsBytes(lines));
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all([data.close(), index.close()]);
    },
  };
};

type Paths = Pick<StoreLayout<unknown>, 'data' | 'index'>;

const openBoth = async ({ data, index }: Paths, folder: string): Promise<[FileHandle, FileHandle]> => {
  try {
    return [await open(data, 'a'), await open(index, 'a')];
  } catch (error) {
    throw explainDisk(folder, error);
  }
};

const linesAsBytes = (lines: readonly unknown[]): Buffer =>
  Buffer.from(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
