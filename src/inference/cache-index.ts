import { type FileHandle, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { UserError } from '../errors.ts';

/** The files of a cache: what it is, one row of float32 an image, and one line of JSON a row. */
export const cacheFiles = {
  about: 'cache.json',
  vectors: 'vectors.f32',
  index: 'index.jsonl',
  lock: 'cache.lock',
} as const;

const entrySchema = z.strictObject({
  /** Below the images' folder, with `/` between its parts. */
  path: z.string(),
  /** Size of the file. */
  bytes: z.number(),
  /** When the file was last changed, in milliseconds since 1970. */
  modified: z.number(),
  /** Of the file's bytes. */
  sha256: z.string(),
  /** Where its numbers are; files of the same bytes may share a row. */
  row: z.number().int().nonnegative(),
});
const lineSchema = z.union([entrySchema, z.strictObject({ path: z.string(), forgotten: z.literal(true) })]);

/** One cached image. */
export type Entry = Readonly<z.infer<typeof entrySchema>>;

/** One line of the index; a later line about the same path replaces an earlier one. */
export type Line = Entry | { readonly path: string; readonly forgotten: true };

/** What an index holds once everything torn is left out. */
export interface Index {
  readonly entries: Map<string, Entry>;
  /** The first row that no line speaks of. */
  readonly nextRow: number;
  /** Whether its last line was cut short, or a line's row is not in the vectors: it must be mended before it grows. */
  readonly torn: boolean;
}

/**
 * The last line about each path. A line that a crash cut short, and a line whose row never reached the disk, are as if
 * they had never been written.
 *
 * @param width numbers in a row.
 * @throws UserError that names the line where the index is damaged otherwise.
 */
export const readIndex = async (folder: string, width: number): Promise<Index> => {
  const path = join(folder, cacheFiles.index);
  const lines = ((await readIfThere(path)) ?? '').split('\n');
  const rows = await wholeRows(join(folder, cacheFiles.vectors), width);
  const entries = new Map<string, Entry>();
  let [torn, nextRow] = [lines.pop() !== '', 0];
  for (const [i, text] of lines.entries()) {
    const line = parseLine(text, `${path}:${i + 1}`);
    if ('forgotten' in line) entries.delete(line.path);
    else if (line.row >= rows) torn = true;
    else {
      entries.set(line.path, line);
      nextRow = Math.max(nextRow, line.row + 1);
    }
  }
  return { entries, nextRow, torn };
};

/** Lines as the index keeps them, each with its end. */
export const writtenLines = (lines: Iterable<Line>): Buffer =>
  Buffer.from(Array.from(lines, (line) => `${JSON.stringify(line)}\n`).join(''));

const parseLine = (text: string, where: string): Line => {
  const parsed = lineSchema.safeParse(parsedJson(text));
  if (parsed.success) return parsed.data;
  throw new UserError(`${where}: the line is damaged: remove the cache and make it again`);
};

const wholeRows = async (path: string, width: number): Promise<number> => {
  const handle = await openIfThere(path);
  if (!handle) return 0;
  try {
    return Math.floor((await handle.stat()).size / (4 * width));
  } finally {
    await handle.close();
  }
};

const openIfThere = (path: string): Promise<FileHandle | undefined> =>
  open(path).catch((error: unknown) => nothingIfMissing(path, error));

/** A file's text; nothing where there is no such file. @throws UserError where it cannot be read. */
export const readIfThere = (path: string): Promise<string | undefined> =>
  readFile(path, 'utf8').catch((error: unknown) => nothingIfMissing(path, error));

const nothingIfMissing = (path: string, error: unknown): undefined => {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ENOENT') return;
  throw new UserError(`${path}: it cannot be read (${code}): check the path and its permissions`, { cause: error });
};

/** What a text holds as JSON; nothing where it is none. */
export const parsedJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
