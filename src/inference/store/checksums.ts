import { type FileHandle, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { counted, UserError } from '../../errors.ts';
import { writeAtomically } from '../../files/atomic-write.ts';
import { parseJson } from '../../files/json.ts';
import { openForReading, readInto } from '../../files/read-exactly.ts';
import { openCurrent } from '../../files/replace-together.ts';
import { cacheFiles } from './file-names.ts';
import { type About, rowsOf } from './manifest.ts';

/** Bytes of a block of rows, which has a checksum of its own. */
const BLOCK = 1 << 20;

/** Checksums of the rows of a cache up to a byte: CRC-32 of each block, the last of which may be a part of one. */
interface Checksums {
  /** Stamp of the cache whose rows they are of. */
  readonly stamp: string;
  readonly end: number;
  readonly crcs: readonly number[];
}

/** A cache, and the byte at which its rows end. */
interface Checked {
  readonly about: About;
  readonly end: number;
}

/**
 * Writes the checksums of rows that have none yet. Rows that have one are not read again: what has changed them since would
 * be taken for right.
 */
export const writeChecksums = async (folder: string, { about, end }: Checked): Promise<void> => {
  const { stamp = '' } = about;
  const known = await readChecksums(folder, about);
  if (known?.end === end) return;
  const before = known && known.end < end ? known : { end: 0, crcs: [] };
  const crcs = [...before.crcs];
  if (end > before.end) {
    const path = join(folder, rowsOf(about).file);
    await using handle = await openForReading(path);
    await eachBlock({ handle, path, begin: before.end, end }, (block, bytes) => {
      crcs[block] = crc32(bytes, crcs[block] ?? 0);
    });
  }
  const written: Checksums = { stamp, end, crcs };
  await writeAtomically(join(folder, cacheFiles.checksums), (append) =>
    append(Buffer.from(`${JSON.stringify(written)}\n`)),
  );
};

/** Removes checksums of rows that are about to be written over, where a cache has lost lines or rows. */
export const dropChecksumsBeyond = async (folder: string, { about, end }: Checked): Promise<void> => {
  const known = await readChecksums(folder, about);
  if (known && known.end > end) await rm(join(folder, cacheFiles.checksums), { force: true });
};

/**
 * Reads all rows of a cache that have a checksum, and compares.
 *
 * @returns the number of their bytes; 0 of a cache of an earlier version.
 * @throws UserError that names the first block whose bytes are not those that were written.
 */
export const checkRows = async (folder: string, about: About): Promise<number> => {
  const known = await readChecksums(folder, about);
  if (!known) return 0;
  const { file, bytes: rowBytes } = rowsOf(about);
  const path = join(folder, file);
  await using handle = await openCurrent(path);
  if (!handle) throw new UserError(`${path}: it is missing: copy the whole cache again, or make it again`);
  await eachBlock({ handle, path, begin: 0, end: known.end }, (block, bytes) => {
    if (crc32(bytes) === known.crcs[block]) return;
    const [first, last] = [block * BLOCK, block * BLOCK + bytes.length];
    const rows = [Math.floor(first / rowBytes), Math.ceil(last / rowBytes) - 1];
    throw new UserError(
      `${path}: bytes ${first} to ${last - 1} are not those that were written, so that rows ${rows[0]} to ${rows[1]} cannot be trusted: copy the cache again, or remove it and make it again (${counted(known.crcs.length, 'block')} have a checksum)`,
    );
  });
  return known.end;
};

const readChecksums = async (folder: string, { stamp = '' }: About): Promise<Checksums | undefined> => {
  const text = await readFile(join(folder, cacheFiles.checksums), 'utf8').catch(() => undefined);
  const known = text === undefined ? undefined : (parseJson(text) as Checksums | undefined);
  const isOwn = known?.stamp === stamp && Number.isSafeInteger(known.end) && Array.isArray(known.crcs);
  return isOwn && known.crcs.length === Math.ceil(known.end / BLOCK) ? known : undefined;
};

/** Reads a range of a file, a block or the part of one at a time. */
const eachBlock = async (
  { handle, path, begin, end }: { handle: FileHandle; path: string; begin: number; end: number },
  take: (block: number, bytes: Uint8Array) => void,
): Promise<void> => {
  const buffer = new Uint8Array(BLOCK);
  for (let at = begin; at < end; ) {
    const block = Math.floor(at / BLOCK);
    const bytes = buffer.subarray(0, Math.min(end, (block + 1) * BLOCK) - at);
    await readInto(handle, bytes, { begin: at, path });
    take(block, bytes);
    at += bytes.length;
  }
};
