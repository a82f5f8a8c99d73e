import { type FileHandle, mkdir, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { z } from 'zod';
import { UserError } from '../../errors.ts';
import { explainDisk, writeAtomically } from '../../files/atomic-write.ts';

const files = { about: 'teacher.json', records: 'records.f16', index: 'records.jsonl' } as const;

const lineSchema = z.strictObject({
  /** Its place among the training examples. */
  example: z.number().int().nonnegative(),
  /** Where its record begins, and how long it is. */
  at: z.number().int().nonnegative(),
  bytes: z.number().int().positive(),
  crc: z.number(),
  /** How long the teacher took for it. */
  milliseconds: z.number(),
});
type Line = z.infer<typeof lineSchema>;

/** What a folder of records says of itself: everything that decides what the teacher makes of an example. */
export type About = Readonly<Record<string, string | number>>;

/** Bytes of each example, in a folder: as many as were written before a run was stopped, and more as it goes on. */
export interface TeacherRecords extends AsyncDisposable {
  readonly has: (example: number) => boolean;
  /** How long the teacher took for an example, on average over all that are kept. */
  readonly milliseconds: () => number;
  readonly bytes: () => number;
  /** Keeps a batch: after a crash each of its examples is kept whole or not at all. */
  readonly append: (
    batch: readonly { readonly example: number; readonly record: Uint8Array; readonly milliseconds: number }[],
  ) => Promise<void>;
  /** @throws UserError where the example has no record, or it is damaged. */
  readonly read: (example: number) => Promise<Uint8Array>;
  /** Reads all of them into memory where they need no more than so many bytes; the others are read one by one. */
  readonly load: (most: number) => Promise<void>;
}

/** @throws UserError where the folder is another teacher's or other data's, or cannot be read. */
export const openTeacherRecords = async (folder: string, about: About): Promise<TeacherRecords> => {
  await claim(folder, about);
  const { data, index, lines } = await openFiles(folder);
  const kept = new Map(lines.map((line) => [line.example, line]));
  let end = lines.reduce((most, { at, bytes }) => Math.max(most, at + bytes), 0);
  await data.truncate(end);
  let memory: Buffer | undefined;
  return {
    has: (example) => kept.has(example),
    bytes: () => end,
    milliseconds: () => [...kept.values()].reduce((sum, line) => sum + line.milliseconds, 0) / Math.max(1, kept.size),
    append: async (batch) => {
      const added = batch.map(({ example, record, milliseconds }) => {
        const line = { example, at: end, bytes: record.length, crc: crc32(record), milliseconds };
        end += record.length;
        return line;
      });
      try {
        await data.appendFile(Buffer.concat(batch.map(({ record }) => record)));
        await index.appendFile(added.map((line) => `${JSON.stringify(line)}\n`).join(''));
      } catch (error) {
        throw explainDisk(folder, error);
      }
      for (const line of added) kept.set(line.example, line);
    },
    read: async (example) => {
      const line = kept.get(example);
      if (!line) throw new UserError(`${folder}: it has no record of example ${example}: remove it, and cache again`);
      const { at, bytes, crc } = line;
      const record = memory?.subarray(at, at + bytes) ?? (await readAt(data, Buffer.alloc(bytes), at));
      if (record.length === bytes && crc32(record) === crc) return record;
      throw new UserError(`${folder}: its record of example ${example} is damaged: remove it, and cache again`);
    },
    load: async (most) => {
      if (end <= most) memory = await readAt(data, Buffer.alloc(end), 0);
    },
    [Symbol.asyncDispose]: () => Promise.all([data.close(), index.close()]).then(() => undefined),
  };
};

const openFiles = async (folder: string) => {
  const data = await open(join(folder, files.records), 'a+').catch((error: unknown) => {
    throw explainDisk(folder, error);
  });
  const lines = await readIndex(folder, (await data.stat()).size);
  return { data, lines, index: await open(join(folder, files.index), 'a') };
};

/** A folder belongs to the first that writes into it. */
const claim = async (folder: string, about: About): Promise<void> => {
  const path = join(folder, files.about);
  await mkdir(folder, { recursive: true }).catch((error: unknown) => {
    throw explainDisk(folder, error);
  });
  const found = await readFile(path, 'utf8').catch(() => undefined);
  const written = Buffer.from(`${JSON.stringify(about, null, 2)}\n`);
  if (found === undefined) return await writeAtomically(path, (append) => append(written));
  const before = parsed(found) as About | undefined;
  const differing = Object.keys({ ...before, ...about }).filter((key) => before?.[key] !== about[key]);
  if (differing.length === 0) return;
  const listed = differing.map((key) => `${key} was ${before?.[key]}, now ${about[key]}`).join('; ');
  throw new UserError(
    `${folder}: it keeps what another teacher made, or of other data: ${listed}: give another folder`,
  );
};

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** The lines whose records are on the disk; what a crash tore is taken out. @throws UserError for any other damage. */
const readIndex = async (folder: string, size: number): Promise<Line[]> => {
  const path = join(folder, files.index);
  const texts = (await readFile(path, 'utf8').catch(() => '')).split('\n');
  const torn = texts.pop() !== '';
  const all = texts.map((text, i) => {
    const line = lineSchema.safeParse(parsed(text));
    if (line.success) return line.data;
    throw new UserError(`${path}:${i + 1}: the line is damaged: remove the folder, and cache again`);
  });
  const lines = all.filter(({ at, bytes }) => at + bytes <= size);
  if (torn || lines.length < all.length) {
    const whole = Buffer.from(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    await writeAtomically(path, (append) => append(whole));
  }
  return lines;
};

/** One read takes at most so many bytes. */
const MOST = 2 ** 26;

const readAt = async (handle: FileHandle, into: Buffer, position: number): Promise<Buffer> => {
  for (let done = 0; done < into.length; ) {
    const { bytesRead } = await handle.read(into, done, Math.min(MOST, into.length - done), position + done);
    if (bytesRead === 0) return into.subarray(0, done);
    done += bytesRead;
  }
  return into;
};
