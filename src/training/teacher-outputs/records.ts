import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { z } from 'zod';
import type { PictureStyle } from '../../data/pictures/options.ts';
import { UserError } from '../../errors.ts';
import { openAppendStore, readStoreIndex, type StoreLayout } from '../../files/append-store.ts';
import { writeAtomically } from '../../files/atomic-write.ts';
import { makeFolder } from '../../files/disk-errors.ts';
import { parseJson, readTextIfThere } from '../../files/json.ts';
import { takeLock } from '../../files/lock.ts';
import { openForReading, readUpTo as readAsFarAs } from '../../files/read-exactly.ts';

const files = { about: 'teacher.json', records: 'records.f16', index: 'records.jsonl', lock: 'records.lock' } as const;

const lineSchema = z.strictObject({
  /** Index among the training examples. */
  example: z.number().int().nonnegative(),
  /** Offset of its record and its length, in bytes. */
  at: z.number().int().nonnegative(),
  bytes: z.number().int().positive(),
  crc: z.number(),
  /** Milliseconds that the teacher took for it. */
  milliseconds: z.number(),
});
type Line = z.infer<typeof lineSchema>;

/** Description of a folder of records: everything that the teacher's outputs for an example depend on. */
export type About = Readonly<Record<string, string | number>>;

/** Records of examples, each with the milliseconds that the teacher took for it. */
export type RecordBatch = readonly {
  readonly example: number;
  readonly record: Uint8Array;
  readonly milliseconds: number;
}[];

/** Writer of records, which locks the folder until it is closed. */
export interface RecordWriter extends AsyncDisposable {
  /** Adds a batch: after a crash each of its examples is kept whole or not at all. */
  readonly append: (batch: RecordBatch) => Promise<void>;
}

/** Folder with a teacher's outputs for each example; a run that was stopped goes on adding to it. */
export interface TeacherRecords extends AsyncDisposable {
  readonly has: (example: number) => boolean;
  /** Mean milliseconds of the teacher for one example, over all records. */
  readonly milliseconds: () => number;
  readonly bytes: () => number;
  /**
   * Opens the folder for adding to it. Records that others have added by then are known from here on.
   *
   * @throws UserError where another process writes the folder.
   */
  readonly openWriter: () => Promise<RecordWriter>;
  /** @throws UserError where the example has no record, or it is damaged. */
  readonly read: (example: number) => Promise<Uint8Array>;
  /** Reads all records into memory where they take at most so many bytes; otherwise each is read when it is needed. */
  readonly load: (most: number) => Promise<void>;
}

/**
 * Opens a folder of records. Several processes may read it at once; one of them may write.
 *
 * @throws UserError where the folder is another teacher's or other data's, or cannot be read.
 */
export const openTeacherRecords = async (folder: string, about: About): Promise<TeacherRecords> => {
  await claim(folder, about);
  const { lines, next } = await readStoreIndex(layoutOf(folder));
  const kept = new Map(lines.map((line) => [line.example, line]));
  let bytes = next.end;
  let memory: Uint8Array | undefined;
  /** Examples whose record in memory was found undamaged. */
  const sound = new Set<number>();
  let reader: Promise<FileHandle> | undefined;
  const readUpTo = async (count: number, begin: number): Promise<Uint8Array> => {
    reader ??= openForReading(join(folder, files.records));
    const into = Buffer.alloc(count);
    return into.subarray(0, await readAsFarAs(await reader, into, begin));
  };
  const note = (lines: readonly Line[], end: number): void => {
    for (const line of lines) kept.set(line.example, line);
    bytes = end;
  };
  return {
    has: (example) => kept.has(example),
    bytes: () => bytes,
    milliseconds: () => [...kept.values()].reduce((sum, line) => sum + line.milliseconds, 0) / Math.max(1, kept.size),
    openWriter: () => openRecordWriter(folder, note),
    read: async (example) => {
      const line = kept.get(example);
      if (!line) throw new UserError(`${folder}: it has no record of example ${example}: ${ADVICE}`);
      const record = memory?.subarray(line.at, line.at + line.bytes) ?? (await readUpTo(line.bytes, line.at));
      if (!sound.has(example)) checkRecord(folder, record, line);
      if (memory) sound.add(example);
      return record;
    },
    load: async (most) => {
      if (bytes > 0 && bytes <= most) memory = await readUpTo(bytes, 0);
    },
    [Symbol.asyncDispose]: async () => {
      await (await reader)?.close();
    },
  };
};

/** @throws UserError where a record is not the one that its line tells of. */
const checkRecord = (folder: string, record: Uint8Array, { example, bytes, crc }: Line): void => {
  if (record.length === bytes && crc32(record) === crc) return;
  throw new UserError(`${folder}: its record of example ${example} is damaged: ${ADVICE}`);
};

/** @param onLines called with the lines that are there, then with those that are added, and the bytes of all records. */
const openRecordWriter = async (
  folder: string,
  onLines: (lines: readonly Line[], end: number) => void,
): Promise<RecordWriter> => {
  const unlock = await takeLock(join(folder, files.lock), folder);
  const there: Line[] = [];
  const reading = { take: (line: Line) => void there.push(line) };
  const store = await openAppendStore(layoutOf(folder), 'buffered', reading).catch(async (error: unknown) => {
    await unlock();
    throw error;
  });
  onLines(there, store.next.end);
  const append = async (batch: RecordBatch): Promise<void> => {
    const lines = linesOf(batch, store.next.end);
    await store.append(Buffer.concat(batch.map(({ record }) => record)), lines);
    onLines(lines, store.next.end);
  };
  const close = async (): Promise<void> => {
    await store[Symbol.asyncDispose]();
    await unlock();
  };
  return { append, [Symbol.asyncDispose]: close };
};

/** Lines of the index about a batch whose first record begins at byte `begin`. */
const linesOf = (batch: RecordBatch, begin: number): Line[] => {
  let at = begin;
  return batch.map(({ example, record, milliseconds }) => {
    const line = { example, at, bytes: record.length, crc: crc32(record), milliseconds };
    at += record.length;
    return line;
  });
};

const ADVICE = 'remove the folder, and cache again';

const layoutOf = (folder: string): StoreLayout<Line> => ({
  data: join(folder, files.records),
  index: join(folder, files.index),
  parse: (value) => lineSchema.safeParse(value).data,
  endOf: ({ at, bytes }) => at + bytes,
  advice: ADVICE,
});

/** Style in which the pictures of a folder's records were read; undefined where nothing is kept in it. */
export const keptPictures = async (folder: string): Promise<PictureStyle | undefined> => {
  const text = await readTextIfThere(join(folder, files.about));
  if (text === undefined) return undefined;
  return (parseJson(text) as About | undefined)?.pictures === 'as-shown' ? 'as-shown' : 'as-vilt';
};

/** Marks an empty folder as this teacher's and data's, or checks that it is. */
const claim = async (folder: string, about: About): Promise<void> => {
  const path = join(folder, files.about);
  await makeFolder(folder);
  const found = (await readTextIfThere(path)) ?? (await claimEmpty(folder, about));
  const before = parseJson(found) as About | undefined;
  const differing = Object.keys({ ...before, ...about }).filter((key) => before?.[key] !== about[key]);
  if (differing.length === 0) return;
  const listed = differing.map((key) => `${key} was ${before?.[key]}, now ${about[key]}`).join('; ');
  throw new UserError(
    `${folder}: it keeps what another teacher made, or of other data, or of pictures that are read otherwise: ${listed}: give another folder`,
  );
};

/** Describes a folder that nobody has described. → its description, which another process may have written meanwhile */
const claimEmpty = async (folder: string, about: About): Promise<string> => {
  const [path, text] = [join(folder, files.about), `${JSON.stringify(about, null, 2)}\n`];
  const unlock = await takeLock(join(folder, files.lock), folder);
  try {
    const found = await readTextIfThere(path);
    if (found === undefined) await writeAtomically(path, (append) => append(Buffer.from(text)));
    return found ?? text;
  } finally {
    await unlock();
  }
};
